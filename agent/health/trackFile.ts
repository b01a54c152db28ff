import { readIfThere } from "../../base/files.ts";
import { overwrite } from "../host/overwrite.ts";

/**
 * haproxy's track file of keepalived: with every number but 0 this node is unfit for the virtual address. haproxy's unit
 * writes 0 when it serves and 1 when it has stopped. Root writes 2 where HAProxy hangs, so that only this is ever taken
 * back, and never what the unit has written.
 */
const serves = "0\n";
const hangs = "2\n";

/** Whether this node has given the virtual address up because HAProxy hangs. Throws the file's error. */
export function isGivenUp(path: string): boolean {
  return readIfThere(path) === hangs;
}

/** Whether haproxy's unit says that it serves, and nobody has given the address up. Throws the file's error. */
export function isServing(path: string): boolean {
  return readIfThere(path) === serves;
}

/** As root; a node that is unfit already stays so for the unit's own reason. Throws the file's error. */
export function giveUp(path: string): void {
  if (isServing(path)) overwrite(path, hangs);
}

/** As root. Throws the file's error. */
export function bidAgain(path: string): void {
  if (isGivenUp(path)) overwrite(path, serves);
}
