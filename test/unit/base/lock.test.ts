import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Failure } from "../../../base/failure.ts";
import { takeLock, tryLock } from "../../../base/lock.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-lock-"));
  path = join(folder, "run/lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

const now = { withinS: 0 };
const shared = { shared: true, withinS: 0 };

test("an exclusive lock has one holder, and the next takes it when it is given back", async () => {
  const unlock = await tryLock(path, now);
  expect(await tryLock(path, now)).toBeUndefined();
  expect(await tryLock(path, shared)).toBeUndefined();
  unlock?.();
  expect(await tryLock(path, now)).toBeDefined();
});

test("a shared lock has any number of holders, and an exclusive one waits for all of them", async () => {
  const [one, other] = [await tryLock(path, shared), await tryLock(path, shared)];
  one?.();
  expect(await tryLock(path, now)).toBeUndefined();
  other?.();
  expect(await tryLock(path, now)).toBeDefined();
});

test("who waits for a holder that deletes the file and its folder locks the file that is there then", async () => {
  const unlock = await tryLock(path, now);
  let waited = () => {};
  const waits = new Promise<void>((resolve) => {
    waited = resolve;
  });
  const next = takeLock(path, { quietS: 0.01, onWait: waited });
  await waits;
  rmSync(join(folder, "run"), { recursive: true });
  unlock?.();
  expect(await next).toBeDefined();
  expect(existsSync(path)).toBe(true);
  expect(await tryLock(path, now)).toBeUndefined();
});

test("a wait that comes to its limit gives up, and says before that it waits", async () => {
  const unlock = await tryLock(path, now);
  let waits = 0;
  const onWait = () => waits++;
  expect(await takeLock(path, { quietS: 0.01, onWait, limitS: 0.1 })).toBeUndefined();
  unlock?.();
  expect(await takeLock(path, { quietS: 0.01, onWait, limitS: 0.1 })).toBeDefined();
  expect(waits).toBe(1);
});

test("a path that cannot be locked is named, with the reason and what to do", async () => {
  await expect(tryLock(folder, now)).rejects.toThrow(
    new Failure(`${folder} cannot be locked: it is a folder (EISDIR): move it away or name a file`),
  );
});

test("a lock that is a symbolic link is refused, and what it points to is not touched", async () => {
  const target = join(folder, "target");
  symlinkSync(target, join(folder, "link"));
  await expect(tryLock(join(folder, "link"), now)).rejects.toThrow(
    /link cannot be locked: it is a symbolic link, .* see who made it and remove it$/,
  );
  expect(existsSync(target)).toBe(false);
});

test("a host without flock names the package to install", async () => {
  vi.stubEnv("PATH", folder);
  await expect(tryLock(path, now)).rejects.toThrow(
    /^flock could not be run .*: install the package util-linux$/,
  );
  vi.unstubAllEnvs();
});
