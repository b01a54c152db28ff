import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openAddress } from "../../../../agent/address/addressLoop.ts";
import { emptyVipMemory } from "../../../../agent/address/decide.ts";
import { openLog } from "../../../../agent/daemon/log.ts";
import type { FitnessSource } from "../../../../agent/daemon/part.ts";
import { fitnessOf } from "../../../../agent/egress/fitness.ts";
import type { GroupState } from "../../../../agent/egress/groupLoop.ts";
import { emptyMemory } from "../../../../agent/egress/memory.ts";
import type { EgressConfig } from "../../../../contract/egressConfig.ts";
import type { EgressPage } from "../../../../contract/egressPage.ts";
import { type Listening, listening } from "../egress/probeFixtures.ts";
import { degraded, groupOf } from "../election/electionFixtures.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";
import { nodeConfig, peerPage } from "./vipFixtures.ts";

const group = { ...groupOf(["wg1"]), essential: true };
/** Nothing of the group works here, as a measurement of that time found. */
const deadAt = (atMs: number): GroupState => ({
  config: group,
  memory: emptyMemory(group),
  held: [],
  switches: [],
  observations: new Map([["wg1", { ...degraded("wg1"), atMs }]]),
  haproxy: null,
});
const dead = deadAt(0);
let stack: AsyncDisposableStack;
let folder: string;
let peer: Listening;
let page: EgressPage;
const lines: string[] = [];
const measureAnew = vi.fn();

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  folder = stack.use(scratchFolder()).path;
  page = peerPage;
  peer = stack.use(await listening(createServer((_, response) => response.end(JSON.stringify(page)))));
  writeFileSync(join(folder, "egress-down"), "0\n");
  lines.length = 0;
  measureAnew.mockClear();
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
    measureAnew,
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

test("a holder on which nothing of an essential group works gives the address up for a peer on which it does", async () => {
  const vip = holder({});
  for (let step = 0; step < 3; step += 1) await vip.step([dead]);
  expect([trackFile(), lines]).toEqual(["0\n", []]);
  expect(measureAnew).toHaveBeenCalledOnce();
  await vip.step([deadAt(1000)]);
  expect([trackFile(), vip.memory().givenUp]).toEqual(["1\n", true]);
  expect(lines).toEqual([expect.stringContaining("Giving up 127.0.0.1: nothing works here of main")]);
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

test("with moveVip false nobody gives it up or asks a peer, and who had given it up is fit again", async () => {
  writeFileSync(join(folder, "egress-down"), "1\n");
  const vip = holder({ moveVip: false });
  for (let step = 0; step < 5; step += 1) await vip.step([deadAt(step)]);
  expect([trackFile(), vip.memory(), peer.accepted(), lines]).toEqual(["0\n", emptyVipMemory, 0, []]);
});

test("without moveVip and without its file it is silent, with moveVip it says what to do", async () => {
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
