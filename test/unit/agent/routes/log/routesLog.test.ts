import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { logFileIn, RoutesLog, readRoutesLog } from "../../../../../agent/routes/log/routesLog.ts";
import { scratchFolder } from "../../haproxy/runtimeFixtures.ts";
import { recordsOf, stored, transaction } from "../routeFixtures.ts";

let scratch: ReturnType<typeof scratchFolder>;
beforeEach(() => {
  scratch = scratchFolder();
});
afterEach(() => {
  vi.restoreAllMocks();
  scratch[Symbol.dispose]();
});

const begun = { version: 7, mark: "m7", routes: [stored("a.test", 7)] };

/** A log in its folder with its table, as a node holds it. */
function opened(folder = scratch.path) {
  const found = readRoutesLog(folder, "main");
  const { table, addresses, numbers } = found;
  const log = new RoutesLog(folder, "main", found, () => ({ table, addresses, numbers }));
  return {
    ...{ found, table, log },
    begin: () => {
      table.replace(begun);
      return log.rewrite();
    },
    make: async (...changes: Parameters<typeof transaction>[1][]) => {
      const numbered = transaction(table.position?.version ?? 0, ...changes);
      await log.append(recordsOf(numbered));
      table.make(numbered);
    },
  };
}

const path = () => logFileIn(scratch.path);
const routesIn = (folder = scratch.path) => [...readRoutesLog(folder, "main").table.routes.keys()].toSorted();
/** The class of Node's open files, whose calls a test lets fail. */
const fileHandle = async () => {
  const file = await open(scratch.path, "r");
  await file.close();
  return Object.getPrototypeOf(file) as { write: unknown; truncate: unknown };
};

describe("a log on disk", () => {
  test("is read again as it was written, is its owner's to write, and leaves no other file", async () => {
    const first = opened();
    expect(first.found).toMatchObject({ damage: null, table: { position: null } });
    await first.begin();
    await first.make(["b.test", "http://10.0.9.5"]);
    await first.make(["c.test", "http://10.0.9.6"], ["a.test"]);
    expect(readRoutesLog(scratch.path, "main").table).toEqual(first.table);
    expect(first.log.bytes).toBe(statSync(path()).size);
    await first.log.close();

    const second = opened();
    await second.make(["d.test", "http://10.0.9.5"]);
    expect(readRoutesLog(scratch.path, "main").table).toEqual(second.table);
    expect(readdirSync(scratch.path)).toEqual(["routes.log"]);
    expect(statSync(path()).mode & 0o777).toBe(0o640);
    await second.log.close();
  });

  test("loses a write that a crash has cut off, and goes on after the last whole transaction", async () => {
    const before = opened();
    await before.begin();
    await before.make(["b.test", "http://10.0.9.5"]);
    await before.log.close();
    appendFileSync(path(), '0badc0de {"is":"change","ver');
    const after = opened();
    expect(after.found).toMatchObject({ rest: "torn", damage: null, table: { position: { version: 8 } } });
    await after.make(["c.test", "http://10.0.9.6"]);
    await after.log.close();
    expect(opened().found).toMatchObject({ rest: "none", table: { position: { version: 9 } } });
    expect(routesIn()).toEqual(["a.test", "b.test", "c.test"]);
  });

  test("that is damaged in the middle keeps its beginning, and is set aside whole", async () => {
    const before = opened();
    await before.begin();
    for (const name of ["b", "c", "d"]) await before.make([`${name}.test`, "http://10.0.9.5"]);
    await before.log.close();
    const damaged = readFileSync(path(), "utf8").replace('"c.test"', '"x.test"');
    writeFileSync(path(), damaged);

    const after = opened();
    expect(after.found.damage).toMatch(
      /cannot be read after \d+ bytes \(version 8\).*kept as .*\.unreadable/,
    );
    await after.make(["c.test", "http://10.0.9.6"]);
    await after.log.close();
    expect(readFileSync(`${path()}.unreadable`, "utf8")).toBe(damaged);
    expect(opened().found).toMatchObject({ damage: null, table: { position: { version: 9, mark: "m9" } } });
    expect(routesIn()).toEqual(["a.test", "b.test", "c.test"]);
  });

  test("of another pair is set aside when this one's table arrives", async () => {
    const other = opened();
    await other.begin();
    await other.log.close();
    const found = readRoutesLog(scratch.path, "second");
    expect(found.table).toMatchObject({ position: null, routes: new Map() });
    const text = readFileSync(path(), "utf8");
    const { table, addresses, numbers } = found;
    const log = new RoutesLog(scratch.path, "second", found, () => ({ table, addresses, numbers }));
    table.replace({ version: 1, mark: "m1", routes: [] });
    await log.rewrite();
    await log.close();
    expect(readFileSync(`${path()}.unreadable`, "utf8")).toBe(text);
  });

  test("is written anew once most of it is about what is no longer so", async () => {
    const { begin, make, log, table } = opened();
    await begin();
    const beganWith = log.bytes;
    for (let round = 0; log.bytes < 1024 * 1024; round += 1) {
      await make(
        ...Array.from({ length: 500 }, (): [string, string] => ["b.test", `http://10.0.9.${round}`]),
      );
      const { bytes } = log;
      if (bytes < 1024 * 1024) await log.compact();
      expect(log.bytes).toBe(bytes);
    }
    await log.compact();
    expect(log.bytes).toBeLessThan(2 * beganWith);
    expect(statSync(path()).size).toBe(log.bytes);
    await make(["c.test", "http://10.0.9.6"]);
    await log.close();
    expect(readRoutesLog(scratch.path, "main").table).toEqual(table);
  });
});

/** Flags of the open files of a path, as the kernel has them. */
const flagsOf = (wanted: string) =>
  readdirSync("/proc/self/fd").flatMap((number) => {
    try {
      if (readlinkSync(`/proc/self/fd/${number}`) !== wanted) return [];
      const [, flags = ""] =
        /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, "utf8")) ?? [];
      return [Number.parseInt(flags, 8)];
    } catch {
      return [];
    }
  });

describe("a write", () => {
  test("is on disk when it ends: of a log that is new, and of one that was there", async () => {
    const first = opened();
    await first.begin();
    const isSynced = () => flagsOf(path()).map((flags) => (flags & constants.O_DSYNC) !== 0);
    expect(isSynced()).toEqual([true]);
    await first.log.close();
    const second = opened();
    await second.make(["b.test", "http://10.0.9.5"]);
    expect(isSynced()).toEqual([true]);
    await second.log.close();
  });
});

describe("a disk that", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    syscall: "write",
  });

  test("takes half of a write and is full leaves nothing of it, and the next write goes on", async () => {
    const { begin, make, log, table } = opened();
    await begin();
    await make(["b.test", "http://10.0.9.5"]);
    const handle = await fileHandle();
    const write = handle.write as (...args: unknown[]) => Promise<unknown>;
    const writing = vi.spyOn(handle as { write: typeof write }, "write");
    writing.mockImplementationOnce(function (this: unknown, bytes, from, length, at) {
      return write.call(this, bytes, from, Math.floor(Number(length) / 2), at);
    });
    writing.mockRejectedValueOnce(full);
    await expect(make(["c.test", "http://10.0.9.6"], ["d.test", "http://10.0.9.6"])).rejects.toThrow(
      /routes\.log: the disk is full.*make room on it/,
    );
    expect(routesIn()).toEqual(["a.test", "b.test"]);
    await make(["e.test", "http://10.0.9.7"]);
    await log.close();
    expect(opened().found).toMatchObject({ rest: "none", damage: null });
    expect(readRoutesLog(scratch.path, "main").table).toEqual(table);
    expect(routesIn()).toEqual(["a.test", "b.test", "e.test"]);
  });

  test("reports an error while it syncs gets the same lines again", async () => {
    const { begin, make, log } = opened();
    await begin();
    const handle = await fileHandle();
    const fault = Object.assign(new Error("EIO: i/o error, write"), { code: "EIO", syscall: "write" });
    const write = handle.write as (...args: unknown[]) => Promise<unknown>;
    vi.spyOn(handle as { write: typeof write }, "write").mockImplementationOnce(async function (
      this: unknown,
      ...args
    ) {
      await write.apply(this, args);
      throw fault;
    });
    await expect(make(["b.test", "http://10.0.9.5"])).rejects.toThrow(/the disk reports an error/);
    await make(["b.test", "http://10.0.9.6"]);
    await log.close();
    expect(readRoutesLog(scratch.path, "main").table.routes.get("b.test")?.target).toBe("http://10.0.9.6");
  });

  test("is full while the log is written anew keeps the old one, and no half of the new one", async () => {
    const { begin, make, log } = opened();
    await begin();
    await make(["b.test", "http://10.0.9.5"]);
    const handle = await fileHandle();
    vi.spyOn(handle as { write: () => Promise<unknown> }, "write").mockRejectedValueOnce(full);
    await expect(log.rewrite()).rejects.toThrow(/the disk is full/);
    expect(readdirSync(scratch.path)).toEqual(["routes.log"]);
    expect(routesIn()).toEqual(["a.test", "b.test"]);
    await make(["c.test", "http://10.0.9.6"]);
    await log.close();
    expect(routesIn()).toEqual(["a.test", "b.test", "c.test"]);
  });

  test("has no folder for it says which one, and works once it is there", async () => {
    const folder = `${scratch.path}/later`;
    const { begin, log } = opened(folder);
    await expect(begin()).rejects.toThrow(/later.*does not exist/);
    execFileSync("mkdir", [folder]);
    await begin();
    await log.close();
    expect(routesIn(folder)).toEqual(["a.test"]);
  });

  test("does not let the log be read keeps it under another name", async () => {
    const before = opened();
    await before.begin();
    await before.log.close();
    // A folder in its place is what even root cannot read.
    execFileSync("sh", ["-c", 'mv "$1" "$1.old" && mkdir "$1"', "sh", path()]);
    const after = opened();
    expect(after.found.damage).toMatch(/routes\.log: it is a folder/);
    await after.begin();
    await after.log.close();
    expect(existsSync(`${path()}.unreadable`)).toBe(true);
    expect(routesIn()).toEqual(["a.test"]);
  });
});
