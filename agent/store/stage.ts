import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../base/failure.ts";
import { isFileError } from "../../base/fileErrors.ts";
import { exitStatuses } from "../errors.ts";
import type { System } from "../host/system.ts";
import { accessReader } from "./accounts.ts";
import { type Access, createFile, own, replaceFile, syncFolder } from "./durable.ts";
import { lookAt, statsOf } from "./found.ts";
import { currentSha, type Layout, rawName } from "./layout.ts";
import { type KnownBundle, readBundle, sha256 } from "./readBundle.ts";
import { keptBundles } from "./records.ts";

/** The folder of a bundle, staged or not. */
export function bundleFolder(layout: Layout, sha: string): string {
  return join(layout.bundles, sha);
}

/** A bundle that was staged on this host before; undefined where it is missing or was changed. */
export function stagedBundle(layout: Layout, sha: string, host: string): KnownBundle | undefined {
  const raw = join(bundleFolder(layout, sha), rawName);
  if (!statsOf(raw)?.isFile()) return undefined;
  const bytes = readFileSync(raw);
  return sha256(bytes) === sha ? readBundle(bytes, host, sha) : undefined;
}

/**
 * Writes a bundle's files beside the live ones; they are on disk before the folder gets its name. A bundle that is
 * staged already and unchanged stays as it is. So does the live one: its files are restored one by one (`edits.ts`).
 */
export function stage(host: System, layout: Layout, known: KnownBundle): void {
  const folder = bundleFolder(layout, known.sha);
  const access = accessReader(layout.root);
  const files = known.bundle.files.map((file) => ({
    path: file.path,
    text: file.text,
    access: access(file),
  }));
  const raw = { path: rawName, text: known.raw, access: own(0o600) };
  if (currentSha(layout) === known.sha) {
    if (!holds(folder, raw)) replaceFile(join(folder, rawName), raw.text, raw.access);
    return;
  }
  if (holds(folder, raw) && files.every((file) => holds(folder, file))) return;
  const current = currentSha(layout);
  const live = current && bundleFolder(layout, current);
  const staging = mkdtempSync(join(layout.bundles, ".staging-"));
  try {
    writeFiles(host, staging, live, [...files, raw]);
  } catch (error) {
    // A full disk gets its room back at once, for the daemons.
    if (isFileError(error)) rmSync(staging, { recursive: true, force: true });
    throw error;
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(staging, folder);
  syncFolder(layout.bundles);
}

/** `live` is the live bundle's folder. */
function writeFiles(
  host: System,
  staging: string,
  live: string | undefined,
  files: readonly StagedFile[],
): void {
  const folders = new Set([staging]);
  for (const file of files) {
    const path = join(staging, file.path);
    for (let parent = dirname(path); !folders.has(parent); parent = dirname(parent)) folders.add(parent);
    mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
    createFile(path, file.text, file.access);
    const written = lastWritten(live, file) ?? Math.floor(host.now().getTime() / 1000);
    utimesSync(path, written, written);
    host.reached(`staged ${file.path}`);
  }
  for (const path of folders) {
    chmodSync(path, 0o711);
    syncFolder(path);
  }
}

/**
 * When a file was last written that is the same in the new bundle, in whole seconds: systemd treats a unit file with
 * another modification time as changed and warns until its next reload.
 */
function lastWritten(folder: string | undefined, file: StagedFile): number | undefined {
  if (!folder || !holds(folder, file)) return undefined;
  return Math.floor(statSync(join(folder, file.path)).mtimeMs / 1000);
}

interface StagedFile {
  readonly path: string;
  readonly text: string | Buffer;
  readonly access: Access;
}

/** Whether a folder has a file with exactly this content, owner and mode. */
export function holds(folder: string, file: StagedFile): boolean {
  const found = lookAt(join(folder, file.path));
  return (
    found.kind === "file" &&
    found.content.equals(Buffer.from(file.text)) &&
    found.access.mode === file.access.mode &&
    found.access.uid === file.access.uid &&
    found.access.gid === file.access.gid
  );
}

/**
 * Removes old bundles from the host, but none of `needed`. Up to the number of bundles kept, the newest of the others
 * (rolled back, skipped or refused) stay.
 */
export function prune(layout: Layout, needed: ReadonlySet<string>): void {
  const age = (sha: string): number => statsOf(join(layout.bundles, sha))?.mtimeMs ?? 0;
  const others = readdirSync(layout.bundles)
    .filter((name) => !needed.has(name))
    .sort((one, other) => age(other) - age(one));
  for (const name of others.slice(Math.max(keptBundles - needed.size, 0)))
    rmSync(join(layout.bundles, name), { recursive: true, force: true });
}

/** The live bundle; undefined before the first one. Throws where its record is damaged: then this host's role is unknown. */
export function liveBundle(layout: Layout, sha: string | undefined, host: string): KnownBundle | undefined {
  if (sha === undefined) return undefined;
  const found = stagedBundle(layout, sha, host);
  if (found !== undefined) return found;
  throw new Failure(
    `the live bundle's own record was changed or removed (${bundleFolder(layout, sha)}): apply that same bundle again`,
    exitStatuses.needsHuman,
  );
}
