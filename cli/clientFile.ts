import { join } from "node:path";
import { writeAtomically } from "../lab/store.ts";
import type { Home } from "./home.ts";

/** Writes a file that a client of the stack is given, for its owner's eyes only. @returns its path */
export function clientFile(home: Home, stackName: string, name: string, text: string): string {
  const path = join(home.clients, stackName, name);
  writeAtomically(path, text);
  return path;
}
