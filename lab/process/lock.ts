import { takeLock } from "../../base/lock.ts";
import { labRun, runRoot } from "../paths.ts";
import { progress } from "./run.ts";

interface LockedPart {
  readonly path: string;
  /** What is locked, for a person who waits for it. */
  readonly what: string;
  readonly shared?: boolean;
}

async function withLock<T>({ path, what, shared = false }: LockedPart, work: () => Promise<T>): Promise<T> {
  const onWait = () => progress(`waiting for another command on ${what} to end …`);
  const unlock = await takeLock(path, { shared, quietS: 0.5, onWait });
  try {
    return await work();
  } finally {
    unlock?.();
  }
}

/** For what concerns the lab as a whole: nothing else happens to it meanwhile. */
export function withLab<T>(lab: string, work: () => Promise<T>): Promise<T> {
  return withLock({ path: labLockFile(lab), what: `lab ${lab}` }, work);
}

/** For what concerns one machine: others of the same lab go on, the lab as a whole stays. */
export function withMachine<T>(lab: string, name: string, work: () => Promise<T>): Promise<T> {
  return withLock({ path: labLockFile(lab), what: `lab ${lab}`, shared: true }, () =>
    withLock({ path: `${labRun(lab)}/${name}.lock`, what: `machine ${name} of lab ${lab}` }, work),
  );
}

/** For the files that name every machine; held for milliseconds. */
export function withNames<T>(lab: string, work: () => Promise<T>): Promise<T> {
  return withLock({ path: `${labRun(lab)}/names.lock`, what: `the names of lab ${lab}` }, work);
}

/** For who has which SSH port; held for as long as it takes to end a forward. */
export function withPorts<T>(lab: string, work: () => Promise<T>): Promise<T> {
  return withLock({ path: `${labRun(lab)}/ports.lock`, what: `the ports of lab ${lab}` }, work);
}

export const labLockFile = (lab: string) => `${runRoot}/${lab}.lock`;
