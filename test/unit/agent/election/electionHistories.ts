import fc from "fast-check";
import { elect } from "../../../../agent/egress/election/elect.ts";
import type { ElectionInput, Verdict } from "../../../../agent/egress/election/verdict.ts";
import { emptyMemory, type GroupMemory } from "../../../../agent/egress/memory.ts";
import type { HaproxyServerState, Observation } from "../../../../agent/egress/observation.ts";
import type { EgressGroupConfig } from "../../../../contract/egressConfig.ts";
import { degraded, groupOf, online } from "./electionFixtures.ts";

export const names = ["wg1", "wg2", "wg3", "warp1", "warp2"];
export const startMs = 1_760_000_000_000;

export const group = fc
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

/** Inputs of a group's elections, in the order of their clock. */
export const inputs = fc
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

export interface Step {
  readonly before: GroupMemory;
  readonly input: ElectionInput;
  readonly verdict: Verdict;
}

export function play(config: EgressGroupConfig, history: readonly ElectionInput[]): Step[] {
  let before = emptyMemory(config);
  return history.map((input) => {
    const verdict = elect(config, before, input);
    const step = { before, input, verdict };
    before = verdict.memory;
    return step;
  });
}

/** Checks the rule in every step of many histories. */
export function always(rule: (step: Step, config: EgressGroupConfig) => void): void {
  fc.assert(
    fc.property(group, inputs, (config, history) => {
      for (const step of play(config, history)) rule(step, config);
    }),
    { numRuns: 500 },
  );
}

/** Whether haproxy has no server of the group up, and at least one down. */
export function allDown({ input, verdict }: Step): boolean {
  const views = verdict.memory.servers.map(({ name }) => input.haproxy?.[name]);
  return views.includes("down") && !views.includes("up");
}
