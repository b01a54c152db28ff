import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { underLock } from "../../../../agent/host/lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const program = join(import.meta.dirname, "underLockProgram.ts");

/** Starts the program, which holds the lock until its stdin ends. */
function start(name: string) {
  const args = [program, join(folder, "lock"), join(folder, "journal"), name];
  // Its own process group, so that kill -9 reaches its child processes too.
  return execa(process.execPath, args, { detached: true, reject: false });
}

const journal = () => {
  const path = join(folder, "journal");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
};
const eventually = (what: string) => expect.poll(journal, { timeout: 10_000, interval: 20 }).toContain(what);

test("a second apply says that it waits, and begins after the first has ended", async () => {
  const first = start("first");
  await eventually("first begins");
  const second = start("second");
  const [words] = await once(second.stderr, "data");
  expect(String(words)).toMatch(/^another apply runs on this host: waiting up to 60 s/);
  first.stdin.end();
  second.stdin.end();
  expect([(await first).exitCode, (await second).exitCode]).toEqual([0, 0]);
  expect(journal()).toBe("first begins\nfirst ends\nsecond begins\nsecond ends\n");
});

test("a killed apply releases the lock", async () => {
  const first = start("first");
  await eventually("first begins");
  const second = start("second");
  await once(second.stderr, "data");
  process.kill(-Number(first.pid), "SIGKILL");
  second.stdin.end();
  expect((await second).exitCode).toBe(0);
  expect(journal()).toBe("first begins\nsecond begins\nsecond ends\n");
});

test("a second apply ends with status 75 after its time limit, and says how to see the first", async () => {
  const lock = join(folder, "lock");
  await underLock(lock, async () => {
    await expect(underLock(lock, async () => {}, 0.1)).rejects.toMatchObject({
      exitStatus: 75,
      message: `another apply still runs after 0.1 s: see it with "fuser -v ${lock}", then try again`,
    });
  });
});

test("a failed apply releases the lock", async () => {
  const lock = join(folder, "lock");
  const failing = underLock(lock, async () => {
    throw new Error("it failed");
  });
  await expect(failing).rejects.toThrow("it failed");
  await underLock(lock, async () => {}, 0.1);
});

test("only root can read the lock file, also one that an older program left world-readable", async () => {
  const lock = join(folder, "lock");
  const mode = () => statSync(lock).mode & 0o777;
  await underLock(lock, async () => {});
  expect(mode()).toBe(0o600);
  chmodSync(lock, 0o644);
  await underLock(lock, async () => {});
  expect(mode()).toBe(0o600);
});
