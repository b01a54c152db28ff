import { createHash } from "node:crypto";
import { Bundle } from "../../../contract/bundle.ts";
import { type Executed, exec } from "../../../lab/machine/exec.ts";

/** What a test knows of a host's live bundle. */
export interface LiveBundle {
  readonly sha: string;
  readonly text: string;
  readonly bundle: Bundle;
}

export async function liveBundle(lab: string, machine: string): Promise<LiveBundle> {
  const { stdout } = await must(lab, machine, ["cat", "/var/lib/hapair/current/.bundle.json"]);
  const text = `${stdout}\n`;
  return { sha: sha256(text), text, bundle: Bundle.parse(JSON.parse(text)) };
}

/** The same bundle with one file's text replaced, in its wire form. */
export function withFile({ bundle }: LiveBundle, path: string, change: (text: string) => string): string {
  const files = bundle.files.map((file) =>
    file.path === path ? { ...file, text: change(file.text) } : file,
  );
  return `${JSON.stringify({ ...bundle, files })}\n`;
}

/** Hands a bundle to `hapair apply` on a machine, announced under `announced`. */
export function apply(
  lab: string,
  machine: string,
  text: string,
  announced: string = sha256(text),
): Promise<Executed> {
  return exec(lab, machine, ["hapair", "apply", "-", "--sha256", announced, "--json"], text);
}

/** Runs a command that has to succeed. */
export async function must(
  lab: string,
  machine: string,
  argv: readonly string[],
  input = "",
): Promise<Executed> {
  const result = await exec(lab, machine, argv, input);
  if (result.exitCode !== 0)
    throw new Error(`${argv.slice(0, 3).join(" ")} on ${machine}: ${result.stderr || result.stdout}`);
  return result;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
