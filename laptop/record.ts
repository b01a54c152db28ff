import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { type KnownBundle, readBundle } from "../agent/store/readBundle.ts";
import { confirmed, History, readRecord } from "../agent/store/records.ts";
import { Failure } from "../base/failure.ts";
import { isMissing, writeAtomically } from "../base/files.ts";
import { laptopName } from "../contract/laptop.ts";
import { type Place, projectName } from "./place.ts";

const Pending = z.strictObject({ to: z.string(), startedAt: z.string() });

const Record = z.strictObject({
  /** Name of Compose's project: that of the first apply, also after the clone was moved. */
  project: z.string(),
  /** Name of the stack whose pool it is; null where no apply has said it. */
  stack: z.nullable(z.string()),
  /** Bundles that were applied, the live one last. */
  history: History,
  /** The apply that has not ended. */
  pending: z.nullable(Pending),
});
export type Record = z.output<typeof Record>;

/** The live bundle, and the one to go back to. */
const keptBundles = 2;

/** What is known of the pool; before its first apply, nothing but its project's name. */
export function recordOf(place: Place): Record {
  const none = { project: projectName(place), stack: null, history: [], pending: null };
  return readRecord(place.record, Record) ?? none;
}

/** The stack whose pool it is, where that is another one; undefined where it is free or that stack's own. */
export function otherOwner(place: Place, stack: string | undefined): string | undefined {
  const owner = recordOf(place).stack;
  return stack === undefined || owner === null || owner === stack ? undefined : owner;
}

/** @throws Failure where the pool is another stack's */
export function checkOwner(place: Place, stack: string | undefined): void {
  const owner = otherOwner(place, stack);
  if (owner !== undefined)
    throw new Failure(
      `the pool on this machine is that of the stack ${owner}, and this clone has room for one: npm run destroy -- ${owner} removes it with its data, or use another clone`,
    );
}

/**
 * Remembers that a bundle is about to be applied, and the bundle itself.
 * @param stack whose pool it is from now on; undefined leaves that as it is
 */
export function begin(place: Place, { sha, raw }: KnownBundle, stack: string | undefined, now: Date): void {
  makeFolder(place.bundles);
  writeAtomically(bundleFile(place, sha), raw.toString("utf8"));
  const { stack: owner, ...record } = recordOf(place);
  const pending = { to: sha, startedAt: now.toISOString() };
  write(place, { ...record, stack: stack ?? owner, pending });
}

/** Remembers that a bundle is live, and forgets older ones. */
export function confirm(place: Place, sha: string, now: Date): void {
  const { history, ...record } = recordOf(place);
  const kept = confirmed(history, sha, now.toISOString()).slice(-keptBundles);
  write(place, { ...record, history: kept, pending: null });
  for (const name of readdirSync(place.bundles))
    if (!kept.some(({ bundle }) => name === `${bundle}.json`)) rmSync(join(place.bundles, name));
}

/** The bundle that was proven last; undefined where there is none, or it was removed or changed by hand. */
export function liveBundle(place: Place): KnownBundle | undefined {
  const live = recordOf(place).history.at(-1)?.bundle;
  try {
    return live === undefined ? undefined : storedBundle(place, live);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** @throws Failure where the bundle is not here, or was changed */
export function storedBundle(place: Place, sha: string): KnownBundle {
  try {
    return readBundle(readFileSync(bundleFile(place, sha)), laptopName, sha);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new Failure(`${sha} is not among the bundles of the laptop: bring the stack up again`);
  }
}

/** Replaces the files that the containers get: whoever copies them meanwhile has the old ones or the new. */
export function writeFiles(place: Place, { bundle }: Pick<KnownBundle, "bundle">): void {
  const next = `${place.files}.new`;
  rmSync(next, { recursive: true, force: true });
  for (const { path, text } of bundle.files) {
    makeFolder(join(next, path, ".."));
    writeAtomically(join(next, path), text);
  }
  rmSync(place.files, { recursive: true, force: true });
  renameSync(next, place.files);
}

/** Makes a folder for this user alone. */
export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
}

function write(place: Place, record: Record): void {
  writeAtomically(place.record, `${JSON.stringify(record)}\n`);
}

const bundleFile = (place: Place, sha: string): string => join(place.bundles, `${sha}.json`);
