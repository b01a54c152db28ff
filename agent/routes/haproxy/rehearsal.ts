import { askAll, RuntimeError } from "../../haproxy/runtime.ts";
import {
  clearVersion,
  firstLine,
  generationIn,
  inLines,
  preparedVersion,
  prepareVersion,
  readGeneration,
  versionCommands,
} from "./commands.ts";

/** For one line of commands. */
const answerMs = 1000;
/** A worker, or the whole map, may be replaced in the middle of one. */
const mostAttempts = 3;

/**
 * Has haproxy take entries into a version of its map that is never put in place, and forget them. Resolves to haproxy's
 * words where it refuses them. Null where it takes them; also where it does not answer: it has refused nothing then.
 */
export type Rehearsal = (entries: Entries) => Promise<string | null>;

/** Values by keys. */
type Entries = Iterable<readonly [string, string]>;

interface Waiting {
  readonly entries: Entries;
  readonly resolve: (words: string | null | Promise<string | null>) => void;
}

interface Where {
  readonly socket: string;
  /** As haproxy's configuration names it. */
  readonly file: string;
}

/** What several ask for at the same time is rehearsed together, and one by one where haproxy refuses that. */
export function openRehearsal(where: Where): Rehearsal {
  const rehearse = rehearsalOf(where);
  let waiting: Waiting[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    for (let batch = waiting; batch.length > 0; batch = waiting) {
      waiting = [];
      const all = rehearse(batch.flatMap(({ entries }) => [...entries]));
      const isTaken = await all.then((words) => words === null).catch(() => false);
      for (const { entries, resolve } of batch) {
        const words = isTaken || batch.length === 1 ? all : rehearse(entries);
        resolve(words);
        await words.catch(() => {});
      }
    }
    isRunning = false;
  }

  return (entries) =>
    new Promise((resolve) => {
      waiting.push({ entries, resolve });
      if (isRunning) return;
      isRunning = true;
      // Callers of one moment go together.
      queueMicrotask(run);
    });
}

function rehearsalOf({ socket, file }: Where): Rehearsal {
  /** Kept, as to ask for one takes as long as a rehearsal. It is good while the map has this generation. */
  let version: { readonly number: number; readonly generation: string | null } | undefined;

  const ask = (commands: readonly string[]) => askAll(socket, commands, { timeoutMs: answerMs });

  async function prepared(): Promise<NonNullable<typeof version>> {
    const { read, others } = generationIn(await ask([prepareVersion(file), readGeneration(file)]));
    return { number: preparedVersion(others), generation: read };
  }

  /** @returns what haproxy says to the entries; undefined where the version is no longer good */
  async function said(
    { number, generation }: NonNullable<typeof version>,
    entries: Entries,
  ): Promise<string | undefined> {
    const commands = [...versionCommands(file, number, entries), clearVersion(file, number)];
    const words: string[] = [];
    for (const line of inLines(commands, readGeneration(file))) {
      const { read, others } = generationIn(await ask(line));
      if (read !== generation) return undefined;
      words.push(others);
    }
    return words.join("\n").trim();
  }

  /** @returns haproxy's words, empty where it takes the entries; undefined where it has to be asked again */
  async function attempt(entries: Entries): Promise<string | undefined> {
    const isNew = version === undefined;
    const current = version ?? (await prepared());
    version = current;
    const words = await said(current, entries);
    if (words === "") return words;
    version = undefined;
    // Another worker may have a map of the same generation, and no such version.
    return isNew ? words : undefined;
  }

  return async (entries) => {
    let refusal: string | null = null;
    for (let count = 1; count <= mostAttempts; count += 1) {
      try {
        const words = await attempt(entries);
        if (words !== undefined) return firstLine(words) || null;
      } catch (error) {
        if (!(error instanceof RuntimeError)) throw error;
        version = undefined;
        if (error.kind !== "refused") return null;
        // A worker that ends in the middle of its answer has refused nothing: the next one is asked.
        refusal = error.message;
      }
    }
    return refusal;
  };
}
