import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideVip, emptyVipMemory, type VipMemory } from "../../../../agent/address/decide.ts";
import { input, peer } from "./addressFixtures.ts";

const pollMs = 500;
/** The time without a holder that a node waits for, a poll of each node, and keepalived's move, in ms. */
const unheldForMs = 3000 + 2 * pollMs + pollMs;

interface Node {
  dead: readonly string[];
  /** Whether keepalived on the node can hold the address. */
  able: boolean;
  /** `able` on the node's page, which may be wrong. */
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

/** The holder by keepalived's `nopreempt`: the one before if it may, else the first node that may. */
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
  "of %i nodes one holds the address within seconds whenever one can, whatever fails and whatever pages say",
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

describe("over random histories of a pair's or a trio's groups", () => {
  interface Step {
    readonly ms: number;
    readonly node: number;
    readonly dead: readonly string[];
  }

  interface Member {
    dead: readonly string[];
    memory: VipMemory;
  }

  /** Each step: the time since the one before, the node that decides, and its dead groups. */
  const history = fc.array(
    fc.record({
      ms: fc.integer({ min: 1, max: 3000 }),
      node: fc.nat(2),
      dead: fc.subarray(["a", "b"]),
    }),
    { maxLength: 200 },
  );

  function play(
    steps: readonly Step[],
    count: number,
    each: (nodes: readonly Member[], nowMs: number) => void,
  ) {
    const nodes: Member[] = Array.from({ length: count }, () => ({ dead: [], memory: emptyVipMemory }));
    let nowMs = 1_000_000;
    for (const { ms, node, dead } of steps) {
      nowMs += ms;
      const own = nodes[node % count];
      if (own === undefined) continue;
      own.dead = dead;
      const peers = nodes.filter((one) => one !== own);
      own.memory = decideVip(
        own.memory,
        // Peers tell the truth; every node believes that it holds the address, as after a partition.
        input({
          nowMs,
          dead,
          peers: peers.map((one) => peer({ dead: one.dead, givenUp: one.memory.givenUp })),
        }),
      );
      each(nodes, nowMs);
    }
  }

  test.each([2, 3])("%i nodes never have all given up", (count) => {
    fc.assert(
      fc.property(history, (steps) =>
        play(steps, count, (nodes) => expect(nodes.every(({ memory }) => memory.givenUp)).toBe(false)),
      ),
      { numRuns: 500 },
    );
  });

  test("a flapping node gives up less and less often while its peer works", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (periodS) => {
        let memory = emptyVipMemory;
        let giveUps = 0;
        for (let s = 0; s < 3600; s += 1) {
          const before = memory.givenUp;
          const dead = s % (2 * periodS) < periodS ? ["main"] : [];
          memory = decideVip(memory, input({ nowMs: 1_000_000 + s * 1000, dead }));
          if (memory.givenUp && !before) giveUps += 1;
        }
        // Hold-downs of 10, 20, 40, 80, 160, 300, 300, … s before each: at most 5 + 3600 / 300 in an hour.
        expect(giveUps).toBeLessThanOrEqual(17);
      }),
    );
  });
});
