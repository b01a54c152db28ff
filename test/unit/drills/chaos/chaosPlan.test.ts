import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { placesOf } from "../../../../drills/chaos/places.ts";
import {
  type Episode,
  episodeOf,
  type Fault,
  type Place,
  partingFault,
} from "../../../../drills/chaos/plan.ts";
import { drilledPair } from "../../../../drills/pair.ts";
import { parseTopology } from "../../../../topology/parse.ts";
import { labConfig } from "../../fixtures.ts";

const places: readonly Place[] = [
  { machine: "haproxy1", isNode: true, units: ["haproxy.service", "keepalived.service"] },
  { machine: "haproxy2", isNode: true, units: ["haproxy.service", "keepalived.service"] },
  { machine: "db1", isNode: false, units: ["postgresql@17-main.service", "pgbouncer@6432.service"] },
];

const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const number = fc.nat({ max: 1000 });
const overEpisodes = (holds: (episode: Episode) => void) =>
  fc.assert(
    fc.property(seed, number, (seed, number) => holds(episodeOf(seed, number, places))),
    { numRuns: 2000 },
  );

const endOf = ({ atMs, forMs }: Episode["faults"][number]) => atMs + forMs;
const isWhole = ({ does }: Fault) => does === "power" || does === "freeze";

describe("the faults of a seed", () => {
  test("are the same each time, whatever was drawn between", () => {
    fc.assert(
      fc.property(seed, number, number, (seed, one, other) => {
        const first = episodeOf(seed, one, places);
        episodeOf(seed, other, places);
        expect(episodeOf(seed, one, places)).toEqual(first);
      }),
    );
  });

  test("are the same on every machine: seed 7 begins with these", () => {
    expect([0, 1, 2].map((number) => episodeOf(7, number, places))).toMatchInlineSnapshot(`
      [
        {
          "faults": [
            {
              "atMs": 0,
              "fault": {
                "does": "stop",
                "machine": "db1",
                "unit": "pgbouncer@6432.service",
              },
              "forMs": 2327,
            },
          ],
          "quietMs": 108,
        },
        {
          "faults": [
            {
              "atMs": 0,
              "fault": {
                "does": "kill",
                "machine": "haproxy2",
                "unit": "keepalived.service",
              },
              "forMs": 2096,
            },
            {
              "atMs": 742,
              "fault": {
                "does": "power",
                "machine": "haproxy1",
              },
              "forMs": 74,
            },
          ],
          "quietMs": 152,
        },
        {
          "faults": [
            {
              "atMs": 0,
              "fault": {
                "does": "power",
                "machine": "db1",
              },
              "forMs": 132,
            },
            {
              "atMs": 3,
              "fault": {
                "does": "freeze",
                "machine": "haproxy1",
              },
              "forMs": 341,
            },
          ],
          "quietMs": 253,
        },
      ]
    `);
  });

  test("are others for another seed", () => {
    const some = (seed: number) => Array.from({ length: 5 }, (_, number) => episodeOf(seed, number, places));
    expect(some(1)).not.toEqual(some(2));
  });

  test("are one or two at once, the second while the first lasts, and each is healed", () => {
    overEpisodes(({ quietMs, faults }) => {
      const [first, second, ...more] = faults;
      expect(more).toEqual([]);
      expect(quietMs).toBeGreaterThanOrEqual(100);
      expect(first?.atMs).toBe(0);
      for (const fault of faults) expect(fault.forMs).toBeGreaterThanOrEqual(50);
      for (const fault of faults) expect(fault.forMs).toBeLessThanOrEqual(10_000);
      if (first && second) expect(second.atMs).toBeLessThan(endOf(first));
    });
  });

  test("leave a machine alone that is without power or paused: no command runs in it", () => {
    overEpisodes(({ faults: [first, second] }) => {
      if (first?.fault.machine !== second?.fault.machine) return;
      for (const { fault } of [first, second].flatMap((one) => one ?? []))
        expect(isWhole(fault) && second).toBeFalsy();
    });
  });

  test("never cut one machine twice at once, nor break one daemon twice: the first heal would undo both", () => {
    overEpisodes(({ faults: [first, second] }) => {
      if (!first || !second || first.fault.machine !== second.fault.machine) return;
      const what = ({ fault }: typeof first) => ("unit" in fault ? fault.unit : fault.does);
      expect(what(first)).not.toBe(what(second));
    });
  });

  test("break the machines and daemons that there are, and in 2,000 episodes all of them in every way", () => {
    const seen = new Set<string>();
    for (let number = 0; number < 2000; number += 1)
      for (const { fault } of episodeOf(3, number, places).faults)
        seen.add(
          [
            fault.machine,
            fault.does,
            ...("unit" in fault ? [fault.unit] : []),
            ...("cut" in fault ? Object.values(fault.cut) : []),
          ].join(" "),
        );
    const expected = places.flatMap(({ machine, isNode, units }) => [
      ...["power", "freeze", "cut port", "cut carrier", "cut direction out", "cut direction in"].map(
        (does) => `${machine} ${does}`,
      ),
      ...(isNode ? ["out", "in"].map((way) => `${machine} cut proto 112 ${way}`) : []),
      ...units.flatMap((unit) => ["stop", "kill"].map((does) => `${machine} ${does} ${unit}`)),
    ]);
    expect([...seen].toSorted()).toEqual(expected.toSorted());
  });
});

describe("two holders are inevitable", () => {
  const cut = (machine: string, cut: Extract<Fault, { does: "cut" }>["cut"]): Fault => ({
    machine,
    does: "cut",
    cut,
  });

  test("where the nodes do not hear each other, and both work", () => {
    const ways = [
      { how: "port" },
      { how: "direction", direction: "in" },
      { how: "proto", proto: 112, direction: "out" },
    ] as const;
    for (const way of ways) {
      const fault = cut("haproxy2", way);
      expect(partingFault([{ machine: "db1", does: "power" }, fault], places)).toBe(fault);
    }
  });

  test("not where a node loses its carrier, the pool is cut off, or machines and daemons fail", () => {
    const others: readonly Fault[] = [
      cut("haproxy1", { how: "carrier" }),
      cut("db1", { how: "port" }),
      { machine: "haproxy1", does: "freeze" },
      { machine: "haproxy1", does: "kill", unit: "keepalived.service" },
    ];
    for (const fault of others) expect(partingFault([fault], places)).toBeUndefined();
  });
});

test("of the shipped pair both nodes can fail, its one pool machine, and each daemon of theirs", () => {
  const outputs = {
    pairs: { pg: { databaseUrl: "postgresql://" } },
  };
  const found = placesOf(drilledPair(parseTopology(labConfig()), outputs));
  expect(found.map(({ machine, isNode }) => [machine, isNode])).toEqual([
    ["haproxy1", true],
    ["haproxy2", true],
    ["db1", false],
  ]);
  const [node, , database] = found;
  expect(node?.units).toEqual([
    "haproxy.service",
    "keepalived.service",
    "hapair-address.service",
    "hapair.service",
  ]);
  expect(database?.units).toContain("postgresql@17-main.service");
  expect(database?.units.filter((unit) => unit.startsWith("pgbouncer@")).length).toBeGreaterThan(1);
});
