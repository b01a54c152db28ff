import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as z from "zod";
import { openAddress } from "../../../../agent/address/addressLoop.ts";
import { emptyVipMemory } from "../../../../agent/address/decide.ts";
import { steadyNowMs } from "../../../../agent/daemon/clock.ts";
import { openLog } from "../../../../agent/daemon/log.ts";
import type { FitnessSource } from "../../../../agent/daemon/part.ts";
import { openRegistry } from "../../../../agent/daemon/registry.ts";
import { openStateFile } from "../../../../agent/daemon/stateFile.ts";
import { fitnessOf } from "../../../../agent/egress/fitness.ts";
import type { GroupState } from "../../../../agent/egress/groupLoop.ts";
import { emptyMemory } from "../../../../agent/egress/memory.ts";
import { openParts } from "../../../../agent/watch.ts";
import type { EgressConfig } from "../../../../contract/egressConfig.ts";
import { EgressPage } from "../../../../contract/egressPage.ts";
import { type Listening, listening } from "../egress/probeFixtures.ts";
import { degraded, groupOf } from "../election/electionFixtures.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";
import { nodeConfig, peerPage } from "./addressFixtures.ts";

const group = { ...groupOf(["wg1"]), essential: true };
/** The group with no server that works, by a measurement at that time. */
const deadAt = (atMs: number): GroupState => ({
  config: group,
  memory: emptyMemory(group),
  held: [],
  switches: [],
  observations: new Map([["wg1", { ...degraded("wg1"), atMs }]]),
  haproxy: { wg1: "down" },
});
const dead = deadAt(0);
let stack: AsyncDisposableStack;
let folder: string;
let peer: Listening;
let page: EgressPage;
const lines: string[] = [];
const measureAgain = vi.fn();

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  folder = stack.use(scratchFolder()).path;
  page = peerPage;
  peer = stack.use(await listening(createServer((_, response) => response.end(JSON.stringify(page)))));
  writeFileSync(join(folder, "egress-down"), "0\n");
  lines.length = 0;
  measureAgain.mockClear();
});
afterEach(() => stack.disposeAsync());

const trackFile = () => readFileSync(join(folder, "egress-down"), "utf8");

/** A node that holds the virtual address, here one of every machine. */
function holder(change: Partial<EgressConfig>) {
  const peers = [{ name: "haproxy2", address: "127.0.0.1", port: peer.port }];
  const config = nodeConfig(folder, { groups: [group], peers, ...change });
  const log = openLog((line) => lines.push(line));
  let groups: readonly GroupState[] = [];
  const source: FitnessSource = {
    fitness: () => fitnessOf(groups),
    remeasure: measureAgain,
    announce: (sentence, fields) => log.say("notice", sentence, fields),
  };
  const memory = { ...emptyVipMemory, givenUp: change.moveVip === false };
  const loop = openAddress(config, log, source, memory);
  return {
    memory: () => loop.memory(),
    step: (seen: readonly GroupState[]) => {
      groups = seen;
      return loop.step();
    },
  };
}

test("a holder with a dead essential group gives the address up for a peer on which the group works", async () => {
  const vip = holder({});
  for (let step = 0; step < 3; step += 1) await vip.step([dead]);
  expect([trackFile(), lines]).toEqual(["0\n", []]);
  expect(measureAgain).toHaveBeenCalledOnce();
  await vip.step([deadAt(1000)]);
  expect([trackFile(), vip.memory().givenUp]).toEqual(["1\n", true]);
  expect(lines).toEqual([expect.stringContaining("Giving up 127.0.0.1: no proxy of main works here")]);
});

test.each<[string, Partial<EgressPage>]>([
  ["keepalived does not run", { vip: { ...peerPage.vip, able: false } }],
  ["haproxy does not answer", { haproxy: { answers: false, problem: "gone" } }],
])("a holder keeps the address where on the peer %s", async (_, change) => {
  page = { ...peerPage, ...change };
  const vip = holder({});
  for (let step = 0; step < 3; step += 1) await vip.step([deadAt(step)]);
  expect([peer.accepted(), trackFile(), lines]).toEqual([3, "0\n", []]);
});

test("with moveVip false a node neither gives up nor asks a peer, and one that had given up is fit again", async () => {
  writeFileSync(join(folder, "egress-down"), "1\n");
  const vip = holder({ moveVip: false });
  for (let step = 0; step < 5; step += 1) await vip.step([deadAt(step)]);
  expect([trackFile(), vip.memory(), peer.accepted(), lines]).toEqual(["0\n", emptyVipMemory, 0, []]);
});

test("a missing track file is reported with moveVip, with what to do, and ignored without it", async () => {
  const trackFile = join(folder, "missing");
  await holder({ moveVip: false, trackFile }).step([dead]);
  expect(lines).toEqual([]);
  await holder({ trackFile }).step([dead]);
  expect(lines).toEqual([expect.stringMatching(/track file: ENOENT.*: run systemd-tmpfiles --create/)]);
});

test("a group that is not essential moves nothing", async () => {
  const config = { ...group, essential: false };
  const vip = holder({ groups: [config] });
  for (let step = 0; step < 5; step += 1) await vip.step([{ ...deadAt(step), config }]);
  expect([trackFile(), vip.memory(), peer.accepted()]).toEqual(["0\n", emptyVipMemory, 0]);
});

test.each<[string, Partial<GroupState>]>([
  ["haproxy finds one up", { haproxy: { wg1: "up" } }],
  ["haproxy does not say", { haproxy: null }],
  [
    "the cause is its own clock or certificates",
    { observations: new Map([["wg1", { ...degraded("wg1"), cause: "certificate-untrusted" }]]) },
  ],
])("a holder whose measurements find every proxy dead keeps the address where %s", async (_, change) => {
  const vip = holder({});
  for (let step = 0; step < 5; step += 1) await vip.step([{ ...deadAt(step), ...change }]);
  expect([trackFile(), vip.memory().givenUp, peer.accepted()]).toEqual(["0\n", false, 0]);
});

test("a clock that is set while the daemon runs moves no time of a decision", async () => {
  const before = steadyNowMs();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3000 * 86_400_000 });
  try {
    expect(steadyNowMs() - before).toBeLessThan(60_000);
    const vip = holder({});
    for (let step = 0; step < 3; step += 1) await vip.step([deadAt(step)]);
    expect(vip.memory().givenUp).toBe(true);
    expect(vip.memory().gaveUpAtMs - before).toBeLessThan(60_000);
  } finally {
    vi.useRealTimers();
  }
});

test("a restarted loop keeps the address given up and its count of give-ups", async () => {
  using folder = scratchFolder();
  // The peer holds the address.
  const page = { ...peerPage, vip: { ...peerPage.vip, holder: true } };
  await using peer = await listening(createServer((_, response) => response.end(JSON.stringify(page))));
  const shipped = groupOf(["wg1"]);
  const group = {
    ...shipped,
    mapFile: join(folder.path, "main.map"),
    essential: true,
    servers: shipped.servers.map((server) => ({ ...server, address: "127.0.0.1", port: 9 })),
  };
  const config = nodeConfig(folder.path, {
    groups: [group],
    peers: [{ name: "haproxy2", address: "127.0.0.1", port: peer.port }],
    virtualAddress: "192.0.2.1",
  });
  const gaveUp = { givenUp: true, giveUps: 3, gaveUpAtMs: Date.now(), keepsUntilMs: 0, aloneAtMs: 0 };
  writeFileSync(config.stateFile, JSON.stringify({ version: 1, groups: {}, vip: gaveUp }));
  // The track file's content after a boot.
  writeFileSync(config.trackFile, "0\n");
  const log = openLog(() => {});
  const registry = openRegistry();
  const parts = openParts({ log, registry, state: openStateFile(config.stateFile, log) }).filter(
    ({ section }) => section === "egress",
  );
  const beganMs = performance.now();
  for (const part of parts) part.start(config);
  // The watchdog counts from here.
  expect(Math.min(...parts.map((part) => part.turnedAtMs()))).toBeGreaterThanOrEqual(beganMs);
  try {
    await vi.waitUntil(() => readFileSync(config.trackFile, "utf8") === "1\n", { timeout: 5000 });
    const [egress] = parts;
    const page = await egress?.pages["/egress"]?.();
    expect(EgressPage.parse(JSON.parse(page?.body ?? "")).vip.givenUp).toBe(true);
    expect(await registry.getSingleMetricAsString("hapair_egress_vip_given_up")).toMatch(/ 1$/m);
  } finally {
    await Promise.all(parts.map((part) => part.stop()));
  }
  expect(openStateFile(config.stateFile, log).read("vip", z.unknown())).toMatchObject(gaveUp);
});
