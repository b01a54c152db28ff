import { constants, readFileSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileFaultWords, isFileError } from "../../../base/fileErrors.ts";
import type { Table } from "../table.ts";
import { type LogRecord, lineOf } from "./record.ts";
import { beginningOf, type Replayed, replay } from "./replay.ts";

/** Its own user writes it; root and haproxy's group need it at most for reading. */
const mode = 0o640;
/** What is written is on disk: in one call, where a write and a sync are two. */
const synced = constants.O_RDWR | constants.O_DSYNC;
/** A smaller log is not worth writing again. */
const smallestBytes = 1024 * 1024;

/** Where a node has its log of routes. */
export function logFileIn(folder: string): string {
  return join(folder, "routes.log");
}

/** A log as it is on disk: with `damage` it is not continued but set aside, and the sentence says why. */
export interface FoundLog extends Replayed {
  readonly damage: string | null;
}

/** Never throws: a log that cannot be read is a damaged one. */
export function readRoutesLog(folder: string, pair: string): FoundLog {
  const path = logFileIn(folder);
  try {
    const found = replay(readFileSync(path), pair);
    const { wholeBytes, rest, table } = found;
    const words = `${path} cannot be read after ${wholeBytes} bytes (version ${table.position?.version ?? "unknown"}): the rest is kept as ${path}.unreadable, and comes from the database`;
    return { ...found, damage: rest === "damaged" ? words : null };
  } catch (error) {
    return {
      ...replay(Buffer.alloc(0), pair),
      damage: isMissing(error) ? null : fileFaultWords(error, path),
    };
  }
}

/**
 * What a new file begins with: the table before the records that are appended next, addresses of its targets, and numbers of
 * backends by hosts.
 */
export interface LogSource {
  readonly table: Table;
  readonly addresses: ReadonlyMap<string, string>;
  readonly numbers: ReadonlyMap<string, number>;
}

/**
 * A node's log of routes on disk. One call at a time. Each rejects with an Error whose message is a sentence, and leaves
 * the log as it was.
 */
export class RoutesLog {
  readonly #path: string;
  readonly #pair: string;
  readonly #source: () => LogSource;
  #addresses: Map<string, string>;
  #file: FileHandle | undefined;
  /** Length of what is whole; undefined where the next write begins a new file. */
  #bytes: number | undefined;
  /** Whether the file may be longer than what is whole. */
  #isLonger = true;
  #setsAside: boolean;
  /** Length at which the file is written anew. */
  #limitBytes = smallestBytes;

  /** @param found what `readRoutesLog` has found there */
  constructor(folder: string, pair: string, found: FoundLog, source: () => LogSource) {
    this.#path = logFileIn(folder);
    this.#pair = pair;
    this.#source = source;
    this.#addresses = found.addresses;
    this.#setsAside = found.damage !== null;
    this.#bytes = found.damage !== null || found.wholeBytes === 0 ? undefined : found.wholeBytes;
  }

  get bytes(): number {
    return this.#bytes ?? 0;
  }

  /** The addresses of targets that it says, by their names. */
  get addresses(): ReadonlyMap<string, string> {
    return this.#addresses;
  }

  /** Resolves when the records are on disk, all of them. */
  append(records: readonly LogRecord[]): Promise<void> {
    return this.#saying(async () => {
      if (this.#bytes === undefined) await this.#beginAnew();
      this.#file ??= await open(this.#path, synced);
      const [file, bytes] = [this.#file, this.#bytes ?? 0];
      if (this.#isLonger) await file.truncate(bytes);
      this.#isLonger = true;
      const text = Buffer.from(records.map(lineOf).join(""));
      await writeAll(file, text, bytes);
      this.#isLonger = false;
      this.#bytes = bytes + text.length;
      for (const record of records)
        if (record.is === "address") this.#addresses.set(record.name, record.address);
    });
  }

  /** Begins a new file with the table as it is now, in place of the old one; resolves when it is on disk. */
  rewrite(): Promise<void> {
    return this.#saying(() => this.#beginAnew());
  }

  /** The same where most of the log is about what is no longer so. */
  async compact(): Promise<void> {
    if (this.bytes <= this.#limitBytes) return;
    // Where that fails, it is due again after as much as a small log holds.
    this.#limitBytes = this.bytes + smallestBytes;
    await this.rewrite();
  }

  async close(): Promise<void> {
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
  }

  async #beginAnew(): Promise<void> {
    const { table, addresses, numbers } = this.#source();
    const next = `${this.#path}.new`;
    const { position, routes } = table;
    if (position === null)
      throw new Error("a table without a position is not written: the store tells it first");
    const text = Buffer.from(beginningOf(this.#pair, { position, routes }, addresses, numbers));
    await rm(next, { force: true });
    const file = await open(next, synced | constants.O_CREAT | constants.O_EXCL, mode);
    try {
      await writeAll(file, text, 0);
      if (this.#setsAside) await setAside(this.#path);
      this.#setsAside = false;
      await this.close();
      await rename(next, this.#path);
      // Until the folder is on disk, a crash brings the old file back: nothing may be appended to the new one.
      this.#bytes = undefined;
      await syncFolder(dirname(this.#path));
    } catch (error) {
      await file.close();
      // Half a file takes room on a full disk.
      await rm(next, { force: true }).catch(() => {});
      throw error;
    }
    this.#file = file;
    this.#isLonger = false;
    this.#bytes = text.length;
    this.#addresses = new Map(addresses);
    this.#limitBytes = Math.max(smallestBytes, 2 * text.length);
  }

  async #saying(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // The calls on an open file name no path in their errors.
      throw new Error(fileFaultWords(error, this.#path));
    }
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

async function setAside(path: string): Promise<void> {
  await rename(path, `${path}.unreadable`).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

function isMissing(error: unknown): boolean {
  return isFileError(error) && error.code === "ENOENT";
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
