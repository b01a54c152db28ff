import fc from "fast-check";
import { expect, it } from "vitest";
import type { ElectionInput } from "../../../../agent/egress/election/verdict.ts";
import type { EgressGroupConfig } from "../../../../contract/egressConfig.ts";
import { online } from "./electionFixtures.ts";
import { group, inputs, play, type Step, startMs } from "./electionHistories.ts";

/** Inputs without failures and with jumping latencies, so that the better server changes with each measurement. */
const contest = fc
  .array(fc.tuple(fc.constantFrom(1, 20_000), fc.constantFrom("wg1", "wg2"), fc.constantFrom(1, 150, 400)), {
    minLength: 20,
    maxLength: 60,
  })
  .map((steps) => {
    let nowMs = startMs;
    return steps.map(([stepMs, server, latencyMs]): ElectionInput => {
      nowMs += stepMs;
      return { nowMs, observations: [online(server, latencyMs)], haproxy: { wg1: "up", wg2: "up" } };
    });
  });

/** Plays many histories, each with its own judge that sees every step. */
function judged(judge: (config: EgressGroupConfig) => (step: Step) => void): void {
  fc.assert(
    fc.property(group, fc.oneof(inputs, contest), (config, history) => {
      const see = judge(config);
      for (const step of play(config, history)) see(step);
    }),
    { numRuns: 500 },
  );
}

/**
 * Counts the measurements in a row in which each server was better by the margin: the rule, written a second time. It
 * rounds as the rule does, as a margin may be 0.
 */
function streaks({ hysteresis }: EgressGroupConfig) {
  const streak = new Map<string, number>();
  return {
    of: (server: string) => streak.get(server) ?? 0,
    measure: ({ before, input }: Step) => {
      const average = new Map(before.servers.map(({ name, ewmaMs }) => [name, ewmaMs]));
      for (const { server, latencyMs } of input.observations) {
        const had = average.get(server);
        if (had === undefined) continue;
        const has = latencyMs === null || had === null ? latencyMs : had + 0.3 * (latencyMs - had);
        average.set(server, has);
        const best = average.get(before.preferred ?? "") ?? null;
        const margin = Math.max(hysteresis.marginMs, ((best ?? 0) * hysteresis.marginPercent) / 100);
        const better = has !== null && best !== null && best > has && best - has >= margin;
        streak.set(server, better && server !== before.preferred ? (streak.get(server) ?? 0) + 1 : 0);
      }
    },
    forget: ({ before, verdict }: Step) => {
      const moved = before.preferred !== verdict.memory.preferred;
      for (const { name, usable } of verdict.memory.servers) if (moved || !usable) streak.set(name, 0);
    },
  };
}

it("a better server needs `rounds` measurements in a row that are better by the margin, and waits for no more", () => {
  let won = 0;
  let waited = 0;
  judged((config) => {
    const streak = streaks(config);
    const { rounds } = config.hysteresis;
    return (step) => {
      streak.measure(step);
      for (const event of step.verdict.events) {
        if (event.kind !== "switch" || event.why !== "better") continue;
        won += 1;
        expect(streak.of(event.to)).toBeGreaterThanOrEqual(rounds);
      }
      streak.forget(step);
      for (const { server } of step.verdict.held.filter(({ why }) => why === "rounds")) {
        waited += 1;
        expect(streak.of(server)).toBeLessThan(rounds);
      }
    };
  });
  expect(won).toBeGreaterThan(0);
  expect(waited).toBeGreaterThan(0);
});

it("a server's hold-down doubles with each failure soon after another, up to its limit, and starts again after a long good time", () => {
  let doubled = 0;
  judged(({ hysteresis }) => {
    const boundMs = hysteresis.maxHoldDownS * 1000;
    const failedAtMs = new Map<string, number[]>();
    const untilMs = new Map<string, number>();
    return ({ before, input, verdict }) => {
      for (const [index, { name, usable, state, heldUntilMs }] of verdict.memory.servers.entries()) {
        const was = before.servers[index];
        const excused = was?.unchecked && state === "online";
        if (was?.usable && !usable && !excused && input.haproxy?.[name] !== "maint") {
          const row = failedAtMs.get(name) ?? [];
          const goes = row.length > 0 && input.nowMs - (row.at(-1) ?? 0) < boundMs;
          const now = goes ? [...row, input.nowMs] : [input.nowMs];
          failedAtMs.set(name, now);
          const holdMs = Math.min(hysteresis.holdDownS * 1000 * 2 ** (now.length - 1), boundMs);
          untilMs.set(name, Math.max(untilMs.get(name) ?? 0, input.nowMs + holdMs));
          if (now.length > 1) doubled += 1;
        }
        expect(heldUntilMs).toBe(untilMs.get(name) ?? 0);
      }
    };
  });
  expect(doubled).toBeGreaterThan(0);
});
