import { statSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../base/failure.ts";
import { isMissing } from "../base/files.ts";
import { readNetwork, type StoredNetwork } from "./store.ts";

/**
 * A lab belongs to the clone of the project that made it, and to one state of the engine in it: its passwords and keys
 * are in that state alone, so that another one would lock the first one's users out.
 */

/** The clone that this program is part of; a path without symbolic links. */
export const ownClone = join(import.meta.dirname, "..");

/** The other clone that a lab belongs to; undefined where it belongs to `own`, to none, or to one that is gone. */
export function otherClone({ clone }: Pick<StoredNetwork, "clone">, own = ownClone): string | undefined {
  return clone === undefined || clone === own || !isClone(clone) ? undefined : clone;
}

/** @throws Failure where the lab belongs to another clone. An unknown lab belongs to none. */
export function assertOwnLab(lab: string, own = ownClone): void {
  const clone = otherClone(readNetwork(lab) ?? {}, own);
  if (clone !== undefined) throw foreignLab(lab, clone);
}

/** @throws Failure where the lab was made from another state than the one that a new spec names */
export function assertSameState(
  lab: string,
  stored: StoredNetwork["spec"] | undefined,
  { state }: StoredNetwork["spec"],
): void {
  if (state === undefined || stored?.state === undefined || stored.state === state) return;
  throw new Failure(
    `Lab ${lab} was made from another state of the engine than this one: use that state, remove the lab first (npm run destroy), or set lab.name and the ports of lab in this stack's config to others.`,
  );
}

export function foreignLab(lab: string, clone: string): Failure {
  return new Failure(
    `Lab ${lab} belongs to the clone ${clone}: use it there, remove it there first (npm run destroy), or set lab.name and the ports of lab in this clone's stacks/Pulumi.lab.yaml to others.`,
  );
}

/** Where that cannot be seen, the clone counts as there. */
function isClone(folder: string): boolean {
  try {
    return statSync(join(folder, "lab/main.ts")).isFile();
  } catch (error) {
    return !isMissing(error);
  }
}
