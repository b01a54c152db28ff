import { createTwoFilesPatch } from "diff";
import { changedFiles, type HostChange } from "../engine/hostChange.ts";

/** The resources of a stack's first roll-out as text, or why they are not known. */
export type Listing = { readonly text: string } | { readonly unknown: string };

/** What a checkout makes of a stack's config, or why it makes nothing. */
export type Rendered =
  | {
      /** The text of each file by its path, by host. */
      readonly hosts: Readonly<Record<string, Readonly<Record<string, string>>>>;
      readonly resources: Listing;
    }
  | { readonly problem: string };

/** GitHub shows a job summary of up to 1 MiB; one stack gets this much of it, characters. */
const longest = 200_000;

/** One stack's difference as Markdown. Undefined for a side that does not have the stack. */
export function formatComparison(
  stack: string,
  before: Rendered | undefined,
  after: Rendered | undefined,
): string {
  return `## ${stack}\n\n${body(before, after)}\n`;
}

function body(before: Rendered | undefined, after: Rendered | undefined): string {
  if (after === undefined) return "This stack is removed.";
  if ("problem" in after) return `This stack cannot be rendered:\n\n${fenced("", after.problem)}`;
  if (before !== undefined && "problem" in before)
    return `The base cannot render this stack:\n\n${fenced("", before.problem)}`;
  const title = before === undefined ? "This stack is new.\n\n" : "";
  const hosts = hostChanges(before?.hosts ?? {}, after.hosts);
  const resources = resourceDiff(before?.resources, after.resources);
  const ofHosts =
    hosts.length === 0
      ? ["No file of any host changes."]
      : hosts.flatMap(({ host, files }) => [`### ${host}: ${count(files.length)}`, ...files.map(fileDiff)]);
  return title + limited([...resources, ...ofHosts]);
}

/** Nothing where both are the same; all of them for a new stack. */
function resourceDiff(before: Listing | undefined, after: Listing): readonly string[] {
  const title = "### Resources";
  if ("unknown" in after) return [title, `Not known: ${after.unknown}.`];
  if (before === undefined) return [title, fenced("yaml", after.text.trimEnd())];
  if ("unknown" in before) return [title, `Not known what changes: before, ${before.unknown}.`];
  if (before.text === after.text) return [];
  const diff = createTwoFilesPatch("before", "after", `${before.text}\n`, `${after.text}\n`, "", "", {
    context: 6,
  });
  return [title, fenced("diff", diff.split("\n").slice(3).join("\n").trimEnd())];
}

type Hosts = Extract<Rendered, { hosts: unknown }>["hosts"];

function hostChanges(before: Hosts, after: Hosts): readonly HostChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .map((host) => ({
      host,
      isNew: before[host] === undefined,
      files: changedFiles(before[host] ?? {}, after[host] ?? {}),
    }))
    .filter(({ files }) => files.length > 0);
}

const count = (files: number) => (files === 1 ? "1 file" : `${files} files`);

function fileDiff({ path, change, diff }: HostChange["files"][number]): string {
  // The first line is a rule, and the next two repeat the path.
  const lines = diff.split("\n").slice(3).join("\n").trimEnd();
  const open = change === "changed" ? " open" : "";
  return `<details${open}><summary>${change} <code>${path}</code></summary>\n\n${fenced("diff", lines)}\n</details>`;
}

/** Whole parts, as many as there is room for. */
function limited(parts: readonly string[]): string {
  let left = longest;
  const shown = parts.filter((part) => {
    left -= part.length;
    return left >= 0;
  });
  const omitted = parts.length - shown.length;
  const rest =
    omitted === 0
      ? []
      : [`Left out, for their length: ${omitted} more. \`npm run render\` writes all files.`];
  return [...shown, ...rest].join("\n\n");
}

/** A block of code, also where the text itself has fences. */
function fenced(language: string, text: string): string {
  const longestRun = text.match(/`+/g)?.reduce((longest, run) => Math.max(longest, run.length), 0) ?? 0;
  const fence = "`".repeat(Math.max(3, longestRun + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}
