import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** A folder in the place of AWS: a file for each resource. The plugin makes them; the test changes them as a mover does. */

/** Name of the environment variable with the folder. */
export const cloudVariable = "HAPAIR_TEST_CLOUD";

export interface CloudResource {
  readonly type: string;
  readonly name: string;
  /** Keys that the program gave: the only ones that AWS's own provider hands back as inputs. */
  readonly given: readonly string[];
  /** What AWS has. */
  readonly has: Readonly<Record<string, unknown>>;
}

const fileOf = (folder: string, id: string) => join(folder, `${id}.json`);

export function readCloud(folder: string, id: string): CloudResource {
  return JSON.parse(readFileSync(fileOf(folder, id), "utf8"));
}

/** All resources with their ids. */
export function listCloud(folder: string): readonly (readonly [id: string, resource: CloudResource])[] {
  const ids = readdirSync(folder).map((file) => file.replace(/\.json$/, ""));
  return ids.map((id) => [id, readCloud(folder, id)] as const);
}

export function writeCloud(folder: string, id: string, resource: CloudResource): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(folder, id), JSON.stringify(resource, null, 1));
}

export function removeFromCloud(folder: string, id: string): void {
  rmSync(fileOf(folder, id));
}

export const journalOf = (folder: string) => `${folder}.journal`;

/** Adds a line about what was made in AWS, or run on a host. */
export function note(folder: string, line: string): void {
  appendFileSync(journalOf(folder), `${line}\n`);
}

const failuresOf = (folder: string) => `${folder}.failures`;

/** Lets the commands of these names fail on their hosts. */
export function letFail(folder: string, names: readonly string[]): void {
  writeFileSync(failuresOf(folder), names.join("\n"));
}

export function fails(folder: string, name: string): boolean {
  const file = failuresOf(folder);
  return existsSync(file) && readFileSync(file, "utf8").split("\n").includes(name);
}
