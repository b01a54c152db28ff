import fc from "fast-check";
import { expect, it } from "vitest";
import type { ElectionInput, Verdict } from "../../../../agent/egress/election/verdict.ts";
import { elect } from "../../../../agent/egress/election.ts";
import { adopt, emptyMemory, type GroupMemory } from "../../../../agent/egress/memory.ts";
import type { HaproxyServerState, Observation } from "../../../../agent/egress/observation.ts";
import type { EgressGroupConfig } from "../../../../topology/egressConfig.ts";
import { degraded, groupOf, online } from "./electionFixtures.ts";

const names = ["wg1", "wg2", "wg3", "warp1", "warp2"];
const startMs = 1_760_000_000_000;

const group = fc
  .tuple(
    fc.subarray(names, { minLength: 1 }),
    fc.record({
      marginMs: fc.constantFrom(0, 10, 50),
      marginPercent: fc.constantFrom(0, 20),
      rounds: fc.integer({ min: 1, max: 4 }),
      dwellS: fc.integer({ min: 1, max: 40 }),
      holdDownS: fc.integer({ min: 1, max: 15 }),
      maxHoldDownS: fc.integer({ min: 15, max: 100 }),
    }),
  )
  .map(([servers, hysteresis]) => groupOf(servers, hysteresis));

const observation: fc.Arbitrary<Observation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...names), fc.integer({ min: 1, max: 400 }))
      .map(([server, ms]) => online(server, ms)),
  },
  { weight: 1, arbitrary: fc.constantFrom(...names).map(degraded) },
);

const view = fc.oneof(
  { weight: 6, arbitrary: fc.constant<HaproxyServerState>("up") },
  { weight: 2, arbitrary: fc.constant<HaproxyServerState>("down") },
  { weight: 1, arbitrary: fc.constant<HaproxyServerState>("maint") },
);

const inputs = fc
  .array(
    fc.record({
      stepMs: fc.oneof(fc.constant(500), fc.integer({ min: 0, max: 30_000 })),
      observations: fc.array(observation, { maxLength: 4 }),
      haproxy: fc.option(fc.dictionary(fc.constantFrom(...names), view), { freq: 8 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((steps) => {
    let nowMs = startMs;
    return steps.map(({ stepMs, observations, haproxy }): ElectionInput => {
      nowMs += stepMs;
      return { nowMs, observations, haproxy };
    });
  });

interface Step {
  readonly before: GroupMemory;
  readonly input: ElectionInput;
  readonly verdict: Verdict;
}

function play(config: EgressGroupConfig, history: readonly ElectionInput[]): Step[] {
  let before = emptyMemory(config);
  return history.map((input) => {
    const verdict = elect(config, before, input);
    const step = { before, input, verdict };
    before = verdict.memory;
    return step;
  });
}

/** Holds the rule in every step of many histories. */
function always(rule: (step: Step, config: EgressGroupConfig) => void): void {
  fc.assert(
    fc.property(group, inputs, (config, history) => {
      for (const step of play(config, history)) rule(step, config);
    }),
    { numRuns: 500 },
  );
}

const isReal = (server: string) => server.startsWith("wg");

/** The brief rule, written again from what the test itself handed in: the last observation and haproxy's view. */
function working({ verdict, input }: Step, server: string): boolean {
  const view = input.haproxy?.[server];
  const state = verdict.memory.servers.find(({ name }) => name === server)?.state;
  return view !== "maint" && view !== "down" && (state === "online" || (state === null && view === "up"));
}

/** Nothing speaks against it, although nothing may speak for it. */
function unknown({ verdict, input }: Step, server: string): boolean {
  return (
    input.haproxy?.[server] === undefined &&
    verdict.memory.servers.find(({ name }) => name === server)?.state === null
  );
}

const switchOf = ({ verdict }: Step) => verdict.events.find((event) => event.kind === "switch");

it("a server that carries traffic is preferred whenever there is one", () => {
  always((step, { servers }) => {
    if (!servers.some(({ name }) => working(step, name))) return;
    const { preferred } = step.verdict.memory;
    expect(preferred !== null && (working(step, preferred) || unknown(step, preferred))).toBe(true);
  });
});

it("where none does, one that haproxy says is up is preferred", () => {
  always((step, { servers }) => {
    if (servers.some(({ name }) => working(step, name) || unknown(step, name))) return;
    if (!servers.some(({ name }) => step.input.haproxy?.[name] === "up")) return;
    expect(step.input.haproxy?.[step.verdict.memory.preferred ?? ""]).toBe("up");
  });
});

it("an operator's maint is never gone to, and no session is closed for it", () => {
  always((step) => {
    const maint = (server: string | undefined) => step.input.haproxy?.[server ?? ""] === "maint";
    expect(maint(switchOf(step)?.to)).toBe(false);
    expect(step.verdict.closeSessionsOn.some(maint)).toBe(false);
  });
});

it("a server in hold-down is not gone to while a real one out of it carries traffic, nor a last resort", () => {
  always((step, { servers }) => {
    const moved = switchOf(step);
    const free = (server: string) =>
      step.verdict.memory.servers.some(
        ({ name, heldUntilMs }) => name === server && heldUntilMs <= step.input.nowMs,
      );
    if (moved === undefined) return;
    if (!servers.some(({ name }) => isReal(name) && free(name) && working(step, name))) return;
    expect(free(moved.to) && isReal(moved.to)).toBe(true);
  });
});

it("a last resort is preferred only while every real server fails or is in hold-down", () => {
  always((step, { servers }) => {
    const { memory } = step.verdict;
    const { preferred } = memory;
    if (preferred === null || isReal(preferred) || unknown(step, preferred)) return;
    for (const { name } of servers)
      if (isReal(name) && working(step, name))
        expect(memory.servers.find((one) => one.name === name)?.heldUntilMs).toBeGreaterThan(
          step.input.nowMs,
        );
  });
});

it("a preference that works stays for the whole dwell, but a last resort", () => {
  fc.assert(
    fc.property(group, inputs, (config, history) => {
      let sinceMs = Number.NEGATIVE_INFINITY;
      for (const step of play(config, history)) {
        const moved = switchOf(step);
        if (moved === undefined) continue;
        if (moved.why === "better")
          expect(step.input.nowMs - sinceMs).toBeGreaterThanOrEqual(config.hysteresis.dwellS * 1000);
        sinceMs = step.input.nowMs;
      }
    }),
    { numRuns: 500 },
  );
});

it("a preference that works is left only for one that is better by the margin, or from a last resort for a real one", () => {
  always((step, { hysteresis }) => {
    const moved = switchOf(step);
    if (moved?.from == null || !working(step, moved.from)) return;
    const ewma = (server: string) =>
      step.verdict.memory.servers.find(({ name }) => name === server)?.ewmaMs ?? 0;
    if (moved.why === "recovered") expect([isReal(moved.from), isReal(moved.to)]).toEqual([false, true]);
    else {
      expect(moved.why).toBe("better");
      expect(ewma(moved.from) - ewma(moved.to)).toBeGreaterThanOrEqual(
        Math.max(hysteresis.marginMs, (ewma(moved.from) * hysteresis.marginPercent) / 100),
      );
    }
  });
});

it("a switch is told exactly where the preference changes, and goes to what is preferred", () => {
  always((step) => {
    const { verdict, before } = step;
    expect(switchOf(step)?.to ?? before.preferred).toBe(verdict.memory.preferred);
    expect(switchOf(step)?.from).not.toBe(verdict.memory.preferred);
  });
});

it("a failure begins a hold-down, which is never longer than its bound", () => {
  always(({ before, input, verdict }, { hysteresis }) => {
    const failed = verdict.memory.servers.filter(
      ({ failedAtMs }, index) => failedAtMs !== before.servers[index]?.failedAtMs,
    );
    for (const after of failed) {
      expect(after).toMatchObject({ usable: false, ewmaMs: null });
      if (after.failedAtMs === input.nowMs)
        expect(after.heldUntilMs).toBeGreaterThanOrEqual(input.nowMs + hysteresis.holdDownS * 1000);
    }
    for (const { heldUntilMs } of verdict.memory.servers)
      expect(heldUntilMs - input.nowMs).toBeLessThanOrEqual(hysteresis.maxHoldDownS * 1000);
  });
});

it("sessions are closed exactly where haproxy and the last observation begin to agree that a server is dead", () => {
  always(({ before, input, verdict }) => {
    const begin = verdict.memory.servers.filter(
      ({ name, state }, index) =>
        input.haproxy?.[name] === "down" &&
        (state === "degraded" || state === "offline") &&
        !before.servers[index]?.dead,
    );
    expect(verdict.closeSessionsOn).toEqual(begin.map(({ name }) => name));
  });
});

it("the same history gives the same verdicts, also where the memory goes to disk after each, and nothing is changed in place", () => {
  fc.assert(
    fc.property(group, inputs, (config, history) => {
      const steps = play(config, history);
      let stored = JSON.stringify(emptyMemory(config));
      for (const { input, verdict, before } of steps) {
        expect(JSON.stringify(before)).toBe(stored);
        const again = elect(config, adopt(config, JSON.parse(stored)), structuredClone(input));
        expect(again).toEqual(verdict);
        stored = JSON.stringify(again.memory);
      }
    }),
    { numRuns: 300 },
  );
});

const remembered = fc.oneof(
  fc.jsonValue(),
  fc.record({
    preferred: fc.option(fc.constantFrom(...names, "gone", "__proto__")),
    sinceMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    servers: fc.array(
      fc.record({
        name: fc.constantFrom(...names, "gone"),
        place: fc.constantFrom("10.0.1.50:18181", "10.0.1.50:18182", "elsewhere:1"),
        state: fc.option(fc.constantFrom("online", "degraded", "offline")),
        ewmaMs: fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
        usable: fc.boolean(),
        failures: fc.nat({ max: 2 ** 31 - 1 }),
        failedAtMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
        heldUntilMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
        betterRounds: fc.nat(),
      }),
    ),
  }),
);

it("whatever was remembered and however the clock steps, there is a verdict on a server of the group", () => {
  fc.assert(
    fc.property(
      group,
      remembered,
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

it("after a change of the config, what stayed is remembered, what is gone or moved is not, and the switch says so", () => {
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
