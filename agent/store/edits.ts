import { join } from "node:path";
import { linkTarget } from "../../contract/bundle.ts";
import { accessReader } from "./accounts.ts";
import { replaceFile } from "./durable.ts";
import { type Found, keepCopy, lookAt } from "./found.ts";
import type { Layout } from "./layout.ts";
import type { KnownBundle } from "./readBundle.ts";
import { bundleFolder, holds } from "./stage.ts";

/** A file of the live bundle that was changed on the host by hand. */
export interface Edit {
  readonly path: string;
  /** The link at the live path is gone or replaced, or the file behind it differs from the bundle's. */
  readonly where: "live path" | "bundle folder";
  readonly found: Found;
}

/** Compares the host with its live bundle; `linked` says which live paths must be links by now. */
export function findEdits(layout: Layout, live: KnownBundle, linked: ReadonlySet<string>): readonly Edit[] {
  const access = accessReader(layout.root);
  const folder = bundleFolder(layout, live.sha);
  return live.bundle.files.flatMap((file): Edit[] => {
    const edits: Edit[] = [];
    const found = lookAt(join(layout.root, file.path));
    const isLink = found.kind === "link" && found.target === linkTarget(file.path);
    if (!isLink && linked.has(file.path)) edits.push({ path: file.path, where: "live path", found });
    if (!holds(folder, { ...file, access: access(file) })) {
      edits.push({ path: file.path, where: "bundle folder", found: lookAt(join(folder, file.path)) });
    }
    return edits;
  });
}

/** Keeps a copy of each edited file, in a folder named by the time. */
export function keepEdits(layout: Layout, edits: readonly Edit[], moment: Date): void {
  const aside = join(layout.edited, moment.toISOString().replace(/[-:]/g, ""));
  for (const edit of edits) {
    if (edit.found.kind !== "nothing") keepCopy(edit.found, join(aside, edit.path));
  }
}

/** Restores the edited files inside the live bundle's folder; links are restored with all others. */
export function mendEdits(layout: Layout, live: KnownBundle, edits: readonly Edit[]): void {
  const access = accessReader(layout.root);
  for (const edit of edits) {
    const file = live.bundle.files.find(({ path }) => path === edit.path);
    if (file === undefined || edit.where === "live path") continue;
    replaceFile(join(bundleFolder(layout, live.sha), file.path), file.text, access(file));
  }
}
