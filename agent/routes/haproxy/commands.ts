import { factsOf } from "../../haproxy/info.ts";
import { argument, opening, RuntimeError } from "../../haproxy/runtime.ts";

/** The entry that tells by whom the map was filled; no host name has a colon. */
export const generationKey = ":gen";
/** Beginning of the keys of entries that only the agent itself asks for. */
export const probeKey = ":probe-";

/** What an entry of the map becomes; null: it goes. */
export interface EntryChange {
  readonly key: string;
  readonly value: string | null;
}

/** haproxy's `tune.bufsize` is 16,384: a line that is longer than that is cut off at times. */
const lineBytes = 12_000;

/** The commands that change the map of a worker that has these entries. */
export function changeCommands(
  file: string,
  entries: ReadonlyMap<string, string>,
  changes: readonly EntryChange[],
): readonly string[] {
  const last = new Map(changes.map(({ key, value }) => [key, value]));
  const commands = Array.from(last, ([key, value]) => {
    const before = entries.get(key);
    if (value === null) return before === undefined ? [] : [`del map ${argument(file)} ${argument(key)}`];
    // `add map` of a key that is there makes a second entry, and the first one goes on counting.
    const verb = before === undefined ? "add" : "set";
    return before === value ? [] : [`${verb} map ${argument(file)} ${argument(key)} ${entryWord(value)}`];
  });
  return commands.flat();
}

export function prepareVersion(file: string): string {
  return `prepare map ${argument(file)}`;
}

/** The commands that add entries to a version of the map that no request sees yet. */
export function versionCommands(
  file: string,
  version: number,
  entries: Iterable<readonly [string, string]>,
): readonly string[] {
  const map = argument(file);
  return Array.from(
    entries,
    ([key, value]) => `add map @${version} ${map} ${argument(key)} ${entryWord(value)}`,
  );
}

/**
 * The commands that put a version of the map in place of the present one: a request sees either. Not in one line with those
 * that fill it: haproxy does them whatever it has refused before.
 */
export function commitCommands(file: string, version: number): readonly string[] {
  return [`commit map @${version} ${argument(file)}`, readGeneration(file)];
}

/** Takes what a version has out of haproxy's memory; it was not put in place. */
export function clearVersion(file: string, version: number): string {
  return `clear map @${version} ${argument(file)}`;
}

/** Commands in groups that fit into a line each, with one more at the end of each group. */
export function inLines(commands: readonly string[], last: string): readonly (readonly string[])[] {
  const lines: string[][] = [];
  let line: string[] = [];
  let bytes = last.length;
  for (const command of commands) {
    if (line.length > 0 && bytes + command.length + 1 > lineBytes) {
      lines.push(line);
      line = [];
      bytes = last.length;
    }
    line.push(command);
    bytes += command.length + 1;
  }
  return [...lines, line].map((one) => [...one, last]);
}

export function readGeneration(file: string): string {
  return `get map ${argument(file)} ${generationKey}`;
}

/** What the last one of some commands reads, and what the others answer: nothing where they work. */
export interface Outcome<Read> {
  readonly read: Read;
  readonly others: string;
}

/** Of commands that end by reading the generation: null where the map has none. Throws a RuntimeError. */
export function generationIn(answers: string): Outcome<string | null> {
  const lines = answers.split("\n").filter((line) => line !== "");
  const [, isFound, value] = /, found=(no|yes)(?:, .*, value="([^"]*)")?/.exec(lines.at(-1) ?? "") ?? [];
  if (isFound === undefined)
    throw new RuntimeError("refused", `haproxy does not read its map: ${opening(answers.trim())}`);
  return { read: value ?? null, others: lines.slice(0, -1).join("\n") };
}

/** Of commands that end with `show info`: the process id of the worker that did them. Throws a RuntimeError. */
export function workerIn(answers: string): Outcome<number> {
  const [others = ""] = answers.split(/^Name: /m, 1);
  return { read: factsOf(answers).pid, others: others.trim() };
}

/** Number of the version out of the answer to `prepare map`. Throws a RuntimeError. */
export function preparedVersion(answer: string): number {
  const version = /^New version created: (\d+)$/.exec(answer)?.[1];
  if (version === undefined)
    throw new RuntimeError("refused", `haproxy refuses "prepare map": ${opening(answer)}`);
  return Number(version);
}

/** Of what haproxy answers, for a sentence. */
export function firstLine(answer: string): string {
  return answer.split("\n", 1).join("").slice(0, 200);
}

/** A value as `entryOf` makes it; throws where haproxy could read it as anything else. */
function entryWord(value: string): string {
  if (/^[A-Za-z0-9.:|_-]+$/.test(value)) return value;
  throw new RuntimeError(
    "refused",
    `${JSON.stringify(value)} is no entry of a map: it is not sent to haproxy`,
  );
}
