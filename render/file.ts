import type { BundleFile } from "../topology/bundle.ts";

/** A file of a host; root's and world-readable where nothing else is said. */
export function file(
  path: string,
  text: string,
  { mode = "0644", owner = "root", group = "root" }: Partial<Omit<BundleFile, "path" | "text">> = {},
): BundleFile {
  return { path, mode, owner, group, text };
}
