import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Api, busiestMinute, type Name, World } from "./moverWorld.ts";

const name = fc.constantFrom<Name>("a", "b");
const timing = fc.record({
  owner: fc.constantFrom<Name | null>("a", "b", null),
  effectMs: fc.constantFrom(0, 300, 1500),
  callMs: fc.integer({ min: 20, max: 400 }),
});
const vrrp = fc.record({
  ms: fc.integer({ min: 0, max: 12_000 }),
  node: name,
  vrrp: fc.constantFrom("MASTER" as const, "MASTER" as const, "BACKUP" as const, "FAULT" as const, null),
});
/** What may happen besides: each is a change of one node or of the network. */
const trouble = fc.record({
  api: fc.option(fc.record({ node: name, to: fc.constantFrom<Api>("works", "busy", "silent", "lost") }), {
    nil: undefined,
  }),
  metadata: fc.option(fc.record({ node: name, to: fc.boolean() }), { nil: undefined }),
  clockMs: fc.option(fc.record({ node: name, to: fc.integer({ min: -100_000, max: 100_000 }) }), {
    nil: undefined,
  }),
  restart: fc.option(name, { nil: undefined }),
  answers: fc.option(fc.boolean(), { nil: undefined }),
});
type Trouble = typeof trouble extends fc.Arbitrary<infer T> ? T : never;

function befall(world: World, { api, metadata, clockMs, restart, answers }: Trouble): void {
  if (api) world.nodes[api.node].api = api.to;
  if (metadata) world.nodes[metadata.node].metadata = metadata.to;
  if (clockMs) world.nodes[clockMs.node].clockMs = clockMs.to;
  if (restart) world.nodes[restart].restart();
  if (answers !== undefined) world.answers = answers;
}

/** Everything works again, and keepalived has one MASTER. */
function heal(world: World, master: Name): void {
  for (const one of ["a", "b"] as const) {
    const node = world.nodes[one];
    node.api = "works";
    node.metadata = true;
    node.become(one === master ? "MASTER" : "BACKUP");
  }
  world.answers = true;
}

describe("over random histories of keepalived's states", () => {
  test("a move follows a change, and each change at most one move, while the nodes answer each other", async () => {
    await fc.assert(
      fc.asyncProperty(timing, fc.array(vrrp, { maxLength: 12 }), async (speed, changes) => {
        const world = new World(speed);
        const begins: number[] = [];
        for (const change of changes) {
          begins.push(world.nowMs);
          world.nodes[change.node].become(change.vrrp);
          await world.pass(change.ms);
        }
        await world.pass(20_000);
        for (const [index, { atMs }] of world.moves.entries())
          expect(begins.filter((begin) => begin <= atMs).length).toBeGreaterThan(index);
      }),
      { numRuns: 400 },
    );
  });

  test("a MASTER that has the address and answers keeps it, whatever the other node becomes and however often", async () => {
    await fc.assert(
      fc.asyncProperty(timing, fc.array(vrrp, { maxLength: 12 }), async (speed, changes) => {
        const world = new World({ ...speed, owner: "a" });
        world.nodes.a.become("MASTER");
        await world.pass(3000);
        for (const change of changes) {
          world.nodes.b.become(change.vrrp);
          await world.pass(change.ms);
        }
        expect(world.moves).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test("of two that become MASTER at nearly the same time, without the address on either, one takes it", async () => {
    await fc.assert(
      fc.asyncProperty(timing, name, fc.integer({ min: 0, max: 600 }), async (speed, first, laterMs) => {
        const world = new World({ ...speed, owner: null });
        await world.pass(500);
        world.nodes[first].become("MASTER");
        await world.pass(laterMs);
        world.nodes[first === "a" ? "b" : "a"].become("MASTER");
        await world.pass(20_000);
        expect(world.moves).toHaveLength(1);
      }),
      { numRuns: 400 },
    );
  });

  test("in a partition with the API reachable by both, the address moves ever more seldom", async () => {
    await fc.assert(
      fc.asyncProperty(timing, async (speed) => {
        const world = new World({ ...speed, owner: "a" });
        world.nodes.a.become("MASTER");
        await world.pass(3000);
        world.answers = false;
        world.nodes.b.become("MASTER");
        await world.pass(15_000);
        expect(world.moves.length).toBeLessThanOrEqual(2);
        await world.pass(45_000);
        expect(world.moves.length).toBeLessThanOrEqual(4);
      }),
    );
  });

  test("a lost host costs one move, within a second and what the API takes", async () => {
    await fc.assert(
      fc.asyncProperty(timing, fc.integer({ min: 0, max: 3000 }), async (speed, beforeMs) => {
        const world = new World({ ...speed, owner: "a" });
        world.nodes.a.become("MASTER");
        await world.pass(3000 + beforeMs);
        world.answers = false;
        world.nodes.a.become(null);
        world.nodes.b.become("MASTER");
        await world.pass(100 + 2 * 10 + speed.callMs + speed.effectMs);
        expect([world.owner, world.moves.length]).toEqual(["b", 1]);
      }),
    );
  });

  test("an API that answers with failures for seconds while a host is lost costs half a second, and what it takes, beyond that", async () => {
    await fc.assert(
      fc.asyncProperty(timing, fc.integer({ min: 100, max: 4000 }), async (speed, failsMs) => {
        const world = new World({ ...speed, owner: "a" });
        const { a, b } = world.nodes;
        a.become("MASTER");
        await world.pass(3000);
        world.answers = false;
        b.api = "busy";
        a.become(null);
        b.become("MASTER");
        await world.pass(failsMs);
        b.api = "works";
        await world.pass(500 + speed.callMs + speed.effectMs);
        expect([world.owner, world.moves.length]).toEqual(["b", 1]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("over random histories of failures of the API, of metadata, of pages, of clocks and of the daemon", () => {
  const history = fc.array(fc.tuple(vrrp, trouble), { maxLength: 25 });

  async function play(
    speed: Partial<World>,
    steps: readonly (readonly [
      { ms: number; node: Name; vrrp: "MASTER" | "BACKUP" | "FAULT" | null },
      Trouble,
    ])[],
  ): Promise<World> {
    const world = new World(speed);
    for (const [change, more] of steps) {
      befall(world, more);
      world.nodes[change.node].become(change.vrrp);
      await world.pass(change.ms);
    }
    return world;
  }

  test("the one MASTER has the address within seconds once all is well, and it stays", async () => {
    await fc.assert(
      fc.asyncProperty(timing, history, name, async (speed, steps, master) => {
        const world = await play(speed, steps);
        heal(world, master);
        await world.pass(12_000);
        expect(world.owner).toBe(master);
        const moves = world.moves.length;
        await world.pass(60_000);
        expect(world.moves).toHaveLength(moves);
      }),
      { numRuns: 300 },
    );
  });

  test("the one MASTER has the address within a minute although its peer stays silent", async () => {
    await fc.assert(
      fc.asyncProperty(timing, history, name, async (speed, steps, master) => {
        const world = await play(speed, steps);
        heal(world, master);
        world.answers = false;
        await world.pass(60_000);
        expect(world.owner).toBe(master);
      }),
      { numRuns: 300 },
    );
  });

  test("a node sends at most 60 requests in any minute", async () => {
    await fc.assert(
      fc.asyncProperty(timing, history, async (speed, steps) => {
        const world = await play(speed, [...steps, ...steps]);
        for (const one of ["a", "b"] as const) {
          world.nodes[one].become("MASTER");
          world.nodes[one].api = "busy";
        }
        await world.pass(180_000);
        for (const { calls } of Object.values(world.nodes))
          expect(busiestMinute(calls)).toBeLessThanOrEqual(60);
      }),
      { numRuns: 100 },
    );
  });
});

test("a clock that is set back by a day ends no move and prolongs no hold-off beyond its longest", async () => {
  const world = new World({ owner: "a" });
  world.nodes.a.become("MASTER");
  await world.pass(3000);
  world.answers = false;
  world.nodes.b.become("MASTER");
  await world.pass(3000);
  expect(world.owner).toBe("b");
  world.nodes.a.clockMs = -86_400_000;
  world.nodes.b.become("BACKUP");
  await world.pass(45_000);
  expect(world.owner).toBe("a");
});
