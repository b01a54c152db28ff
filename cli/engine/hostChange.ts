import type { StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import { createTwoFilesPatch } from "diff";
import { results as pc } from "../session/output.ts";

/** What a roll-out would do to one host's files; secrets are masked where these texts are made. */
export interface HostChange {
  readonly host: string;
  /** Nothing was delivered to it yet. Its files are not known before it has said which interface has its address. */
  readonly isNew: boolean;
  readonly files: readonly {
    readonly path: string;
    readonly change: "new" | "changed" | "removed";
    readonly diff: string;
  }[];
}

/** The host whose bundle a resource delivers; `undefined` for any other resource. */
export function hostOfDelivery(urn: string): string | undefined {
  return /::([a-z0-9-]+)-bundle$/.exec(urn)?.[1];
}

/** The change of a host's bundle in a step of the engine; `undefined` for any other step, or for none at all. */
export function hostChangeOf(
  step: Pick<StepEventMetadata, "urn" | "op" | "old" | "new">,
): HostChange | undefined {
  const host = hostOfDelivery(step.urn);
  // The engine reports a replacement as three steps; one of them is enough.
  if (!host || step.op === "same" || step.op === "delete-replaced" || step.op === "create-replacement")
    return undefined;
  const files = changedFiles(filesOf(step.old?.inputs), filesOf(step.new?.inputs));
  return { host, isNew: step.old === undefined, files };
}

function filesOf(inputs: Record<string, unknown> | undefined): Record<string, string> {
  const triggers = inputs?.triggers;
  return Array.isArray(triggers) && typeof triggers[0] === "object" && triggers[0] !== null
    ? { ...triggers[0] }
    : {};
}

/** The files that differ, each as a unified diff. */
export function changedFiles(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): HostChange["files"] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.flatMap((path) => {
    const [old, now] = [before[path], after[path]];
    if (old === now) return [];
    const change = old === undefined ? "new" : now === undefined ? "removed" : "changed";
    const diff = createTwoFilesPatch(`a/${path}`, `b/${path}`, old ?? "", now ?? "", "", "", { context: 3 });
    return [{ path, change, diff } as const];
  });
}

export function formatHostChange({ host, isNew, files }: HostChange): string {
  if (files.length === 0 && isNew)
    return `${pc.bold(host)}: new; its files are known once it has been asked for its interface (npm run render shows them without)`;
  if (files.length === 0)
    return `${pc.bold(host)}: the same files would be applied again (a secret, its connection or the program changed)`;
  const lines = files.map(({ path, change, diff }) =>
    change === "new" ? `  ${pc.green("new")} ${path}` : `  ${change} ${path}\n${colour(diff)}`,
  );
  return `${pc.bold(host)}: ${files.length} ${files.length === 1 ? "file" : "files"}\n${lines.join("\n")}`;
}

function colour(diff: string): string {
  return diff
    .split("\n")
    .slice(1)
    .map((line) => (line.startsWith("+") ? pc.green(line) : line.startsWith("-") ? pc.red(line) : line))
    .map((line) => `    ${line}`)
    .join("\n");
}
