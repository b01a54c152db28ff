import fc from "fast-check";
import { expect, it } from "vitest";
import { elect } from "../../../../agent/egress/election/elect.ts";
import { adopt, emptyMemory } from "../../../../agent/egress/memory.ts";
import { groupOf, online } from "./electionFixtures.ts";
import { group, inputs, names, startMs } from "./electionHistories.ts";

const remembered = fc.record({
  preferred: fc.option(fc.constantFrom(...names, "gone", "__proto__")),
  sinceMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  servers: fc.array(
    fc.record({
      name: fc.constantFrom(...names, "gone"),
      place: fc.constantFrom("10.0.1.50:18181", "10.0.1.50:18182", "elsewhere:1"),
      state: fc.option(fc.constantFrom("online", "degraded", "offline")),
      ewmaMs: fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
      usable: fc.boolean(),
      unchecked: fc.boolean(),
      failures: fc.nat({ max: 2 ** 31 - 1 }),
      failedAtMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      heldUntilMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      betterRounds: fc.nat(),
    }),
  ),
});

it("an election's memory is adopted, server by server where the address is the same", () => {
  let taken = 0;
  fc.assert(
    fc.property(group, remembered, (config, memory) => {
      const adopted = adopt(config, JSON.parse(JSON.stringify(memory)));
      expect(adopted).toMatchObject({ preferred: memory.preferred, sinceMs: memory.sinceMs });
      for (const [index, { name, address, port }] of config.servers.entries()) {
        const same = memory.servers.find((one) => one.name === name && one.place === `${address}:${port}`);
        if (same === undefined) continue;
        taken += 1;
        expect(adopted.servers[index]).toEqual(same);
      }
    }),
    { numRuns: 500 },
  );
  expect(taken).toBeGreaterThan(0);
});

it("the memory of an older loop without `unchecked` is adopted too", () => {
  const config = groupOf(["wg1"]);
  const [{ unchecked, ...older } = {}] = adopt(config, undefined).servers;
  const memory = { preferred: "wg1", sinceMs: 7, servers: [{ ...older, failures: 3, dead: true }] };
  expect(adopt(config, memory)).toMatchObject({
    preferred: "wg1",
    servers: [{ failures: 3, unchecked: false }],
  });
});

it("any memory and any step of the clock give a verdict on a server of the group", () => {
  fc.assert(
    fc.property(
      group,
      fc.oneof(fc.jsonValue(), remembered),
      inputs,
      fc.infiniteStream(fc.integer({ min: -1e9, max: 1e9 })),
      (config, junk, history, jumps) => {
        let memory = adopt(config, junk);
        for (const input of history) {
          const nowMs = input.nowMs + (jumps.next().value ?? 0);
          const verdict = elect(config, memory, { ...input, nowMs });
          expect([null, ...config.servers.map(({ name }) => name)]).toContain(verdict.memory.preferred);
          memory = adopt(config, JSON.parse(JSON.stringify(verdict.memory)));
          expect(memory).toEqual(verdict.memory);
        }
      },
    ),
    { numRuns: 500 },
  );
});

it("after a change of the config, servers that stayed keep their memory, others do not, and the switch says so", () => {
  const old = groupOf(["wg1", "wg2", "warp1"]);
  const memory = elect(old, emptyMemory(old), {
    nowMs: startMs,
    observations: [online("wg1", 50), online("wg2", 60), online("warp1", 70)],
    haproxy: null,
  }).memory;
  const config = groupOf(["wg3", "wg2", "warp1"]);
  const moved = {
    ...config,
    servers: config.servers.map((server) => (server.name === "warp1" ? { ...server, port: 9 } : server)),
  };
  const adopted = adopt(moved, memory);
  expect(adopted.servers.map(({ name, ewmaMs }) => [name, ewmaMs])).toEqual([
    ["wg3", null],
    ["wg2", 60],
    ["warp1", null],
  ]);
  expect(elect(moved, adopted, { nowMs: startMs + 500, observations: [], haproxy: null }).events).toEqual([
    { kind: "switch", from: "wg1", to: "wg2", why: "removed" },
  ]);
});
