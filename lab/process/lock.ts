import { mkdirSync } from "node:fs";
import { execa } from "execa";
import { Failure } from "../../base/failure.ts";
import { labRun, runRoot } from "../paths.ts";
import { progress } from "./run.ts";

/** flock(1) in a shell that ends with its stdin: the kernel frees the lock however this process ends. A lock
 * file that its last owner deleted meanwhile guards nothing, hence `-ef`. */
const holder = `while :; do exec 9>>"$2" || exit; flock "$1" 9; [ "$2" -ef /proc/self/fd/9 ] && break; done; echo held; exec cat`;

async function withLock<T>(
  path: string,
  mode: "-x" | "-s",
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  const shell = execa("sh", ["-c", holder, "sh", mode, path], { reject: false, buffer: false });
  const waiting = setTimeout(() => progress(`waiting for another command on ${what} to end …`), 500);
  const held = await new Promise<boolean>((resolve) => {
    shell.stdout.once("data", () => resolve(true));
    shell.stdout.once("end", () => resolve(false));
  });
  clearTimeout(waiting);
  if (!held) throw new Failure(`Cannot lock ${path}: ${(await shell).shortMessage}.`);
  try {
    return await work();
  } finally {
    shell.stdin.end();
    await shell;
  }
}

/** For what concerns the lab as a whole: nothing else happens to it meanwhile. */
export function withLab<T>(lab: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(runRoot, { recursive: true });
  return withLock(labLockFile(lab), "-x", `lab ${lab}`, work);
}

/** For what concerns one machine: others of the same lab go on, the lab as a whole stays. */
export function withMachine<T>(lab: string, name: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(runRoot, { recursive: true });
  return withLock(labLockFile(lab), "-s", `lab ${lab}`, () => {
    mkdirSync(labRun(lab), { recursive: true });
    return withLock(`${labRun(lab)}/${name}.lock`, "-x", `machine ${name} of lab ${lab}`, work);
  });
}

/** For the files that name every machine; held for milliseconds. */
export function withNames<T>(lab: string, work: () => Promise<T>): Promise<T> {
  return withLock(`${labRun(lab)}/names.lock`, "-x", `the names of lab ${lab}`, work);
}

/** For who has which SSH port; held for as long as it takes to end a forward. */
export function withPorts<T>(lab: string, work: () => Promise<T>): Promise<T> {
  return withLock(`${labRun(lab)}/ports.lock`, "-x", `the ports of lab ${lab}`, work);
}

export const labLockFile = (lab: string) => `${runRoot}/${lab}.lock`;
