import { readdir, stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import type { Source } from "./inputs.ts";
import type { RemoteFiles } from "./remoteFiles.ts";

/**
 * Puts a source where the resource's documentation says: a file or text at `remotePath` (a file inside it,
 * where that is a directory), `dir` as `remotePath/dir`, `dir/` as its contents. Parents are made.
 */
export async function writeSource(files: RemoteFiles, source: Source, remotePath: string): Promise<void> {
  if ("text" in source) return writeText(files, source.text, remotePath);
  if (!(await stat(source.path)).isDirectory()) return writeFile(files, source.path, remotePath);
  const target = source.path.endsWith("/") ? remotePath : posix.join(remotePath, basename(source.path));
  await writeTree(files, source.path, target);
}

async function writeText(files: RemoteFiles, text: string, remotePath: string): Promise<void> {
  if ((await files.kindOf(remotePath)) === "directory") {
    throw new Error(
      `remote path ${remotePath} is a directory; when using a text asset, remotePath must be a file path`,
    );
  }
  await files.makeDirectory(posix.dirname(remotePath));
  await files.writeText(remotePath, text);
}

async function writeFile(files: RemoteFiles, path: string, remotePath: string): Promise<void> {
  const kind = await files.kindOf(remotePath);
  if (kind === "nothing") await files.makeDirectory(posix.dirname(remotePath));
  await files.copyFile(path, kind === "directory" ? posix.join(remotePath, basename(path)) : remotePath);
}

async function writeTree(files: RemoteFiles, path: string, remotePath: string): Promise<void> {
  await files.makeDirectory(remotePath);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    const target = posix.join(remotePath, entry.name);
    if (entry.isDirectory()) await writeTree(files, inner, target);
    else await files.copyFile(inner, target);
  }
}
