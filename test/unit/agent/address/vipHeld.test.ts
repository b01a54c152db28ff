import fc from "fast-check";
import { expect, test } from "vitest";
import { decideVip, emptyVipMemory, type VipMemory } from "../../../../agent/address/decide.ts";

const pollMs = 500;
/** Seconds in which nobody is seen to hold it, a poll of each node, and keepalived's hand-over. */
const unheldForMs = 3000 + 2 * pollMs + pollMs;

interface Node {
  dead: readonly string[];
  /** What keepalived does there. */
  able: boolean;
  /** What the node's page says of that; wrong where it cannot know. */
  saysAble: boolean;
  /** Whether its page answers. */
  answers: boolean;
  memory: VipMemory;
}

const change = fc.record({
  steps: fc.integer({ min: 1, max: 60 }),
  node: fc.nat(2),
  dead: fc.subarray(["a", "b"]),
  able: fc.boolean(),
  saysAble: fc.boolean(),
  answers: fc.boolean(),
});

/** Who has the address now: as keepalived's `nopreempt` has it, whoever had it, and else the first that may. */
function holderOf(nodes: readonly Node[], before: Node | undefined): Node | undefined {
  const may = nodes.filter(({ able, memory }) => able && !memory.givenUp);
  return before !== undefined && may.includes(before) ? before : may[0];
}

function poll(node: Node, nodes: readonly Node[], holder: Node | undefined, nowMs: number): void {
  const peers = nodes.filter((one) => one !== node && one.answers);
  node.memory = decideVip(node.memory, {
    nowMs,
    dead: node.dead,
    measuredAtMs: Object.fromEntries(node.dead.map((group) => [group, nowMs])),
    holder: node === holder,
    peers: peers.map((one) => ({
      dead: one.dead,
      givenUp: one.memory.givenUp,
      holder: one === holder,
      able: one.saysAble,
    })),
    holdDownMs: 10_000,
    maxHoldDownMs: 300_000,
  });
}

test.each([2, 3])(
  "of %i nodes one holds the address within seconds whenever one can, whatever dies and whatever pages tell",
  (count) => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const nodes = Array.from(
          { length: count },
          (): Node => ({ dead: [], able: true, saysAble: true, answers: true, memory: emptyVipMemory }),
        );
        let holder = holderOf(nodes, undefined);
        let nowMs = 1_000_000;
        let unheldMs = 0;
        for (const { steps, node, ...now } of changes) {
          const changed = nodes[node % count];
          if (changed !== undefined) Object.assign(changed, now);
          for (let step = 0; step < steps; step += 1) {
            nowMs += pollMs;
            for (const one of nodes) poll(one, nodes, holder, nowMs);
            holder = holderOf(nodes, holder);
            unheldMs = holder === undefined && nodes.some(({ able }) => able) ? unheldMs + pollMs : 0;
            expect(unheldMs).toBeLessThanOrEqual(unheldForMs);
          }
        }
      }),
      { numRuns: 500 },
    );
  },
);
