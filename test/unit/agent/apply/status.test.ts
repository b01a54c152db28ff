import { afterEach, beforeEach, expect, test } from "vitest";
import { printStatus } from "../../../../agent/commands/status.ts";
import { underLock } from "../../../../agent/host/lock.ts";
import { readStatus } from "../../../../agent/status.ts";
import { layoutOf } from "../../../../agent/store/layout.ts";
import { applied, hostOnOne } from "./applying.ts";
import { bundle, Killed, type ScratchHost } from "./scratchHost.ts";

let host: ScratchHost;
beforeEach(async () => {
  host = await hostOnOne();
});
afterEach(() => host.remove());

async function killedOnTheWay(): Promise<void> {
  host.killAt = 12;
  await expect(applied(host, bundle("two"))).rejects.toThrow(Killed);
  host.revive();
}

test("status tells an apply that runs now from one that was killed", async () => {
  await killedOnTheWay();
  await underLock(layoutOf(host.root).lock, async () => {
    const status = await readStatus(host);
    expect(status.unfinished).toMatchObject({ kind: "apply", running: true });
    expect(printStatus(status)).toMatch(/ {2}running {3}apply to [0-9a-f]{12}, .* has not ended yet\n/);
  });
  const status = await readStatus(host);
  expect(status.unfinished).toMatchObject({ kind: "apply", running: false });
  expect(printStatus(status)).toMatch(/ {2}unfinished {2}apply to [0-9a-f]{12}, .* apply or roll back/);
});

test("status says nothing of an apply that has ended", async () => {
  expect((await readStatus(host)).unfinished).toBeNull();
  await killedOnTheWay();
  await applied(host, bundle("two"));
  expect((await readStatus(host)).unfinished).toBeNull();
});
