import fc from "fast-check";
import { expect, test } from "vitest";
import { JoinWorld } from "./joinWorld.ts";

const count = 4;
const index = fc.nat(count - 1);
const indexes = fc.subarray(Array.from({ length: count }, (_, at) => at));
const rollOut = fc.record({
  kind: fc.constant("roll-out" as const),
  nodes: indexes,
  without: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, indexes),
  failsAt: fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, fc.nat(count)),
  takenBack: fc.boolean(),
});
const power = fc.record({ kind: fc.constant("power" as const), index, on: fc.boolean() });
const agent = fc.record({ kind: fc.constant("agent" as const), index, on: fc.boolean() });
type Event =
  typeof rollOut extends fc.Arbitrary<infer R>
    ?
        | R
        | (typeof power extends fc.Arbitrary<infer P> ? P : never)
        | (typeof agent extends fc.Arbitrary<infer A> ? A : never)
    : never;

function play(world: JoinWorld, event: Event): void {
  if (event.kind === "roll-out") world.rollOut(event);
  else if (event.kind === "power") world.power(event.index, event.on);
  else world.agent(event.index, event.on);
}

test("whatever joins, comes back, fails or is left out, and in whatever order, never do two nodes hold the address", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(rollOut, power), { maxLength: 60, size: "max" }), (events) => {
      const world = new JoinWorld(count, (holders) => expect(holders.length).toBeLessThan(2));
      for (const event of events) play(world, event);
    }),
    { numRuns: 5000 },
  );
});

test("a node that can hold the address does, whoever else is dead, unknown or without an agent", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(rollOut, power, agent), { maxLength: 60, size: "max" }), (events) => {
      const world = new JoinWorld(count, () => {});
      for (const event of events) {
        play(world, event);
        if (world.canBeHeld()) expect(world.holders()).not.toEqual([]);
      }
    }),
    { numRuns: 5000 },
  );
});
