import * as z from "zod";

/** Configs of a size that no other part has: many pairs, and a pool of many servers. */

/** So many pairs of two nodes, each with a pool on a machine of its own. */
export function manyPairs(count: number): Readonly<Record<string, unknown>> {
  const address = (n: number) => `10.0.${Math.floor(n / 256)}.${n % 256}`;
  const pairs = Array.from({ length: count }, (_, index) => {
    const [vip, one, two, database] = [0, 1, 2, 3].map((n) => address(512 + 4 * index + n));
    return {
      name: `p${index}`,
      vip: { address: vip },
      vrrp: { routerId: index + 1 },
      nodes: [
        { name: `p${index}-one`, address: one },
        { name: `p${index}-two`, address: two },
      ],
      pool: { machines: [{ name: `p${index}-db`, address: database }] },
    };
  });
  return { target: "lab", network: { cidr: "10.0.0.0/16" }, pairs };
}

/** Most that a machine may have. */
const portsOfMachine = 16;

const OnePair = z.looseObject({
  pairs: z.tuple([z.looseObject({ pool: z.looseObject({ machines: z.tuple([z.unknown()]) }) })]),
});

/** A config of one pair, whose pool's one machine has others beside it: as many as so many servers need. */
export function withManyServers(config: unknown, servers: number): Readonly<Record<string, unknown>> {
  const parsed = OnePair.parse(config);
  const [pair] = parsed.pairs;
  const [first] = pair.pool.machines;
  const others = Array.from({ length: Math.ceil(servers / portsOfMachine) - 1 }, (_, index) => ({
    name: `more${index}`,
    address: `10.0.1.${150 + index}`,
  }));
  const pool = {
    ...pair.pool,
    machines: [first, ...others],
    ports: Array.from({ length: portsOfMachine }, (_, index) => 6432 + index),
    // As many as one PostgreSQL may have for so many poolers.
    size: 5,
    postgres: { maxConnections: 10_000 },
  };
  // The bench's own ports are chosen for fewer machines.
  const { lab: _, ...rest } = parsed;
  return { ...rest, pairs: [{ ...pair, pool }] };
}
