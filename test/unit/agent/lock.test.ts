import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tryLock } from "../../../agent/system/tryLock.ts";
import { underLock } from "../../../agent/system/underLock.ts";

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-lock-"));
  lock = join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the lock file is root's alone, also one that an older program left readable", async () => {
  await underLock(lock, async () => {});
  expect(statSync(lock).mode & 0o777).toBe(0o600);
  rmSync(lock);
  writeFileSync(lock, "");
  chmodSync(lock, 0o644);
  await underLock(lock, async () => {});
  expect(statSync(lock).mode & 0o777).toBe(0o600);
});

test("who comes second waits until the first has ended, also where that failed", async () => {
  const order: string[] = [];
  let fail: () => void = () => {};
  const first = underLock(lock, async () => {
    order.push("first begins");
    await new Promise<void>((resolve) => {
      fail = resolve;
    });
    order.push("first ends");
    throw new Error("it failed");
  });
  await expect.poll(() => order).toEqual(["first begins"]);
  const second = underLock(lock, async () => order.push("second"));
  fail();
  await expect(first).rejects.toThrow("it failed");
  await second;
  expect(order).toEqual(["first begins", "first ends", "second"]);
});

test("who waits in vain is told how to see the other", async () => {
  await underLock(lock, async () => {
    await expect(underLock(lock, async () => {}, 0.1)).rejects.toThrow(`fuser -v ${lock}`);
    expect(await tryLock(lock, 0)).toBeUndefined();
  });
});

test("the kernel gives the lock of a killed program back", async () => {
  const tryLockAt = new URL("../../../agent/system/tryLock.ts", import.meta.url).href;
  const hold = `await (await import(${JSON.stringify(tryLockAt)})).tryLock(${JSON.stringify(lock)}, 0);
    console.log("held"); setTimeout(() => {}, 60_000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", hold]);
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  expect(await tryLock(lock, 0)).toBeUndefined();
  holder.kill("SIGKILL");
  const giveBack = await tryLock(lock, 10);
  expect(giveBack).toBeDefined();
  giveBack?.();
});
