import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rollback } from "../../../../agent/apply/apply.ts";
import { printStatus } from "../../../../agent/commands/status.ts";
import { exitStatuses } from "../../../../agent/errors.ts";
import { underLock } from "../../../../agent/host/lock.ts";
import { readStatus } from "../../../../agent/status.ts";
import { layoutOf } from "../../../../agent/store/layout.ts";
import { readBundle } from "../../../../agent/store/readBundle.ts";
import { readHistory } from "../../../../agent/store/records.ts";
import { applied, hostOnOne, live } from "./applying.ts";
import { bundle, Killed, type ScratchHost } from "./scratchHost.ts";

const cfg = "etc/haproxy/haproxy.cfg";

let host: ScratchHost;
beforeEach(async () => {
  host = await hostOnOne();
});
afterEach(() => host.remove());

/** From this point on the path cannot be written: a folder with a file is there, or a file in place of a folder. */
function blockAt(point: string, path: string): void {
  const reached = host.reached.bind(host);
  host.reached = (now) => {
    reached(now);
    if (now !== point) return;
    rmSync(path, { force: true });
    if (path.endsWith(".json")) mkdirSync(join(path, "full"), { recursive: true });
    else writeFileSync(path, "");
  };
}

const moves = (): readonly string[] =>
  host.commands.filter((line) => /^systemctl (--quiet )?(reload|restart|stop|disable)/.test(line));

test.each(["pending", "edited"] as const)(
  "an apply that cannot write its record changes nothing and says so: no %s",
  async (record) => {
    const layout = layoutOf(host.root);
    writeFileSync(join(layout.current, cfg), "mine\n");
    blockAt("keep", layout[record]);
    await expect(applied(host, bundle("two"))).rejects.toMatchObject({
      exitStatus: exitStatuses.failed,
      message: expect.stringContaining("nothing was changed"),
    });
    expect(moves()).toEqual([]);
    expect(live(host, cfg)).toBe("mine\n");
  },
);

test("a bundle that works and is recorded stays live, even where the clean-up fails", async () => {
  blockAt("recorded", layoutOf(host.root).pending);
  expect(await applied(host, bundle("two"))).toMatchObject({ outcome: "applied" });
  expect(live(host, cfg)).toBe("two\n");
  expect(host.progressLines.at(-1)).toMatch(
    /^the record of this apply is not removed \(.+\): the next apply tries again$/,
  );
});

test("a bundle that cannot be recorded as confirmed is rolled back", async () => {
  blockAt("forward confirm", layoutOf(host.root).history);
  expect(await applied(host, bundle("two"))).toMatchObject({ outcome: "restored" });
  expect(live(host, cfg)).toBe("one\n");
});

test("the bundles of the history are on the host, and no others are kept", async () => {
  const layout = layoutOf(host.root);
  for (let turn = 0; turn < 9; turn++) await applied(host, bundle(`turn ${turn}`));
  const names = () =>
    readHistory(layout)
      .map(({ bundle }) => bundle)
      .sort();
  expect(names()).toHaveLength(6);
  expect(readdirSync(layout.bundles).sort()).toEqual(names());
  for (let turn = 7; turn >= 4; turn--) {
    await rollback(host);
    expect(live(host, cfg)).toBe(`turn ${turn}\n`);
    expect(readdirSync(layout.bundles)).toEqual(expect.arrayContaining(names()));
    expect(readdirSync(layout.bundles)).toHaveLength(6);
  }
  expect(readdirSync(layout.bundles)).toContain(readBundle(bundle("turn 8"), host.name).sha);
});

test("a bundle that was rolled back is on the host, so that its apply can be repeated by name", async () => {
  const layout = layoutOf(host.root);
  for (let turn = 0; turn < 9; turn++) await applied(host, bundle(`turn ${turn}`));
  host.failOnce("systemctl reload haproxy.service", "no such backend");
  const { outcome, bundle: sha } = await applied(host, bundle("failed"));
  expect(outcome).toBe("restored");
  expect(readdirSync(layout.bundles)).toContain(sha);
  await applied(host, bundle("corrected"));
  expect(readdirSync(layout.bundles)).toHaveLength(6);
});

async function killedOnTheWay(): Promise<void> {
  host.killAt = 12;
  await expect(applied(host, bundle("two"))).rejects.toThrow(Killed);
  host.revive();
}

test("status tells a running apply from a killed one", async () => {
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

test("status shows nothing unfinished after an apply that has ended", async () => {
  expect((await readStatus(host)).unfinished).toBeNull();
  await killedOnTheWay();
  await applied(host, bundle("two"));
  expect((await readStatus(host)).unfinished).toBeNull();
});
