import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isStarved, type Thread, threadsOf } from "../../../../../agent/health/root/starvation.ts";
import { scratchFolder } from "../../haproxy/runtimeFixtures.ts";

const elapsedMs = 300;

/** What one thread did within the time, among others that sleep. */
function starved(before: Thread, ran: number, waited: number, isReady: boolean): boolean {
  const sleeps = { ranMs: 9000, waitedMs: 20, isReady: false };
  const after = { ranMs: before.ranMs + ran, waitedMs: before.waitedMs + waited, isReady };
  return isStarved(
    new Map([
      ["1/1", sleeps],
      ["2/2", before],
    ]),
    new Map([
      ["1/1", sleeps],
      ["2/2", after],
    ]),
    elapsedMs,
  );
}
const ready = { ranMs: 5000, waitedMs: 700, isReady: true };
const asleep = { ...ready, isReady: false };

test.each([
  ["waited for a core, and sleeps again", asleep, [1, 200, false], true],
  ["waits for a core all the time, which is not counted yet", ready, [0, 0, true], true],
  ["shares a core with many", ready, [30, 270, true], true],
  ["is stopped, or sleeps in a deadlock", asleep, [0, 0, false], false],
  ["spins on a core of its own", ready, [299, 1, true], false],
  ["spins, and has most of a core", ready, [170, 130, true], false],
  ["was woken just now", asleep, [0, 0, true], false],
] as const)("a thread that %s: starved or not", (_, before, [ran, waited, isReady], is) => {
  expect(starved(before, ran, waited, isReady)).toBe(is);
});

test("a thread that has begun meanwhile tells nothing", () => {
  expect(isStarved(new Map(), new Map([["1/1", { ...ready, waitedMs: 9999 }]]), elapsedMs)).toBe(false);
});

test("the kernel's own figures are read for each thread of a group", () => {
  using folder = scratchFolder();
  const put = (path: string, text: string) => {
    const file = join(folder.path, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  };
  put("group/cgroup.procs", "31\n32\n");
  put("proc/31/task/31/schedstat", "1500000 2500000 7\n");
  put("proc/31/task/31/stat", "31 (ha) proxy) R 1 2 3\n");
  put("proc/31/task/40/schedstat", "0 0 0\n");
  put("proc/31/task/40/stat", "40 (haproxy) S 1 2 3\n");
  expect([...threadsOf(folder.path, "group")]).toEqual([
    ["31/31", { ranMs: 1.5, waitedMs: 2.5, isReady: true }],
    ["31/40", { ranMs: 0, waitedMs: 0, isReady: false }],
  ]);
  expect(threadsOf(folder.path, "no-group").size).toBe(0);
  const own = threadsOf("/", "no-group");
  expect(own.size).toBeGreaterThan(0);
  expect([...own.values()].map(({ isReady }) => isReady)).not.toContain(true);
});
