import { takeLock } from "../../base/lock.ts";
import { labRun, runRoot } from "../paths.ts";
import { progress } from "./run.ts";

interface LockedPart {
  readonly path: string;
  /** What is locked, for a person who has to wait. */
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

/** For work on the lab as a whole: no other command works on any part of it meanwhile. */
export function withLab<T>(lab: string, work: () => Promise<T>): Promise<T> {
  return withLock({ path: labLockFile(lab), what: `lab ${lab}` }, work);
}

/** For work on one machine: commands on other machines run meanwhile, commands on the whole lab wait. */
export function withMachine<T>(lab: string, name: string, work: () => Promise<T>): Promise<T> {
  return withLock({ path: labLockFile(lab), what: `lab ${lab}`, shared: true }, () =>
    withLock({ path: `${labRun(lab)}/${name}.lock`, what: `machine ${name} of lab ${lab}` }, work),
  );
}

/** For the files that name every machine; held for milliseconds. */
export function withNames<T>(lab: string, work: () => Promise<T>): Promise<T> {
  return withLock({ path: `${labRun(lab)}/names.lock`, what: `the names of lab ${lab}` }, work);
}

/** For changes of the SSH port assignment; held until the forward of the earlier owner has ended. */
export function withPorts<T>(lab: string, work: () => Promise<T>): Promise<T> {
  return withLock({ path: `${labRun(lab)}/ports.lock`, what: `the ports of lab ${lab}` }, work);
}

export const labLockFile = (lab: string) => `${runRoot}/${lab}.lock`;
