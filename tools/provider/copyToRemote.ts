import { readdir, stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import { dial } from "./dial.ts";
import { CopyToRemoteInputs, PreviousCopy, type Source } from "./inputs.ts";
import { RemoteFiles } from "./remoteFiles.ts";
import { checkInputs, type ResourceKind, resourceId, unwrap } from "./resource.ts";

/** `command:remote:CopyToRemote`: copies a file, a text or a directory; deleting the resource removes nothing. */
export const copyToRemote: ResourceKind = {
  check: (news) => checkInputs(CopyToRemoteInputs, news),

  async create(urn, inputs) {
    await copy(urn, CopyToRemoteInputs.parse(unwrap(inputs)));
    return { id: resourceId(), outs: inputs };
  },

  async update(urn, olds, news) {
    const before = PreviousCopy.parse(unwrap(olds));
    const after = CopyToRemoteInputs.parse(unwrap(news));
    const differs = before.source.hash !== after.source.hash || before.remotePath !== after.remotePath;
    if (differs) await copy(urn, after);
    return { outs: news };
  },

  delete: async () => {},
};

async function copy(urn: string, { connection, source, remotePath }: CopyToRemoteInputs): Promise<void> {
  const client = await dial(urn, connection);
  try {
    await writeSource(await RemoteFiles.open(client), source, remotePath);
  } finally {
    client.end();
  }
}

/**
 * Writes a source to the place that the resource's documentation says: a file or text to `remotePath` (a file into it,
 * where that is a directory), `dir` to `remotePath/dir`, the contents of `dir/` to `remotePath`. Makes parent folders.
 */
async function writeSource(files: RemoteFiles, source: Source, remotePath: string): Promise<void> {
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
