import { createHash } from "node:crypto";
import * as z from "zod";
import type { Bundle } from "../contract/bundle.ts";
import { run } from "./machine.ts";

/** Bundles of one node: what it runs, and another one in its place. */

/** The text of the bundle that is live there. Secret. */
export function liveBundle({ lab }: { readonly lab: string }, node: string): Promise<string> {
  return run(lab, node, ["cat", "/var/lib/hapair/current/.bundle.json"]);
}

/** The text of a bundle with another text in one of its files. */
export function withFile(bundle: Bundle, path: string, change: (text: string) => string): string {
  const files = bundle.files.map((file) =>
    file.path === path ? { ...file, text: change(file.text) } : file,
  );
  return `${JSON.stringify({ ...bundle, files })}\n`;
}

const Applied = z.object({
  outcome: z.string(),
  /** Units that were reloaded, and those that took a file over while they went on. */
  reloaded: z.array(z.string()),
  updated: z.array(z.string()),
});

/** Applies a bundle on a node. @throws Error where that fails */
export async function applyBundle(
  { lab }: { readonly lab: string },
  node: string,
  text: string,
): Promise<z.infer<typeof Applied>> {
  const line = `${text.trimEnd()}\n`;
  const sha = createHash("sha256").update(line).digest("hex");
  return Applied.parse(
    JSON.parse(await run(lab, node, ["hapair", "apply", "-", "--sha256", sha, "--json"], line)),
  );
}
