import { describe, expect, test } from "vitest";
import { hostsOf, laptopOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { poolersOf, postgresMachineOf, remotePoolerHostsOf } from "../../../topology/pool.ts";
import { vagrantConfig } from "../../harness/testConfig.ts";
import { labWithPair, problemsOf } from "../fixtures.ts";
import { laptopConfig } from "../laptop/laptopFixtures.ts";

const laptop = { name: "laptop", address: "192.168.1.5" };

test("a pool on the laptop is at the laptop's address, which is no host of the roll-out", () => {
  const topology = parseTopology(laptopConfig());
  const [pair] = topology.pairs;
  if (pair === undefined) throw new Error("the stack has no pair");
  expect(hostsOf(topology).map(({ name }) => name)).toEqual(["haproxy1", "haproxy2"]);
  expect(laptopOf(pair)).toMatchObject({ role: "pool", ...laptop });
  expect(poolersOf(pair).map(({ name, address, port }) => `${name} ${address}:${port}`)).toEqual(
    [6432, 6433, 6434].map((port) => `laptop-${port} 192.168.1.5:${port}`),
  );
  expect(postgresMachineOf(pair.pool)).toEqual(laptop);
  expect(remotePoolerHostsOf(pair)).toEqual([]);
});

test("a pool on machines is on no laptop", () => {
  const topology = parseTopology(vagrantConfig());
  expect(topology.pairs.map(laptopOf)).toEqual([undefined]);
  expect(hostsOf(topology).map(({ name }) => name)).toEqual(["db1", "haproxy1", "haproxy2"]);
});

describe("a pool that cannot be on the laptop is refused with its path and the remedy:", () => {
  test.each<[string, Record<string, unknown>, readonly string[]]>([
    [
      "on another target",
      labWithPair({ pool: { on: "laptop" } }),
      [
        "pairs[0].pool.on: laptop: the target lab has no laptop that its nodes reach: use the target vagrant, or set it to machines or nodes",
      ],
    ],
    [
      "without the laptop's address",
      laptopConfig({}, { vagrant: {} }),
      [
        "vagrant.laptop: is missing: pairs[0].pool.on is laptop, so that the nodes need this machine's own address on their network: set it (ip -4 address)",
      ],
    ],
    [
      "without a section of Vagrant's",
      laptopConfig({}, { vagrant: undefined }),
      [
        "vagrant.laptop: is missing: pairs[0].pool.on is laptop, so that the nodes need this machine's own address on their network: set it (ip -4 address)",
      ],
    ],
    [
      "at an address of another network",
      laptopConfig({}, { vagrant: { laptop: "192.168.2.5" } }),
      [
        "vagrant.laptop: 192.168.2.5 is outside 192.168.1.0/24: set it to this machine's own address there (ip -4 address), or remove the key if no pool is on the laptop",
      ],
    ],
    [
      "at a node's address",
      laptopConfig({}, { vagrant: { laptop: "192.168.1.10" } }),
      ["vagrant.laptop: 192.168.1.10: pairs[0].nodes[0].address has this address already"],
    ],
    [
      "with a machine",
      laptopConfig({ machines: [{ name: "db1", address: "192.168.1.12" }] }),
      [
        "pairs[0].pool.machines[0]: has nothing to run: the pool is on the laptop: remove it, or set pool.on to machines",
      ],
    ],
    [
      "with more connections than PostgreSQL takes",
      laptopConfig({ size: 100 }),
      [
        "pairs[0].pool.size: 3 poolers of 100 connections need 300, PostgreSQL has 191 free: lower size or raise postgres.maxConnections",
      ],
    ],
    [
      "with more clients than its poolers take",
      laptopConfig({ maxClientConnections: 1000 }),
      [
        "pairs[0].haproxy.maxConnections: 4000 clients are more than the poolers take together (3 of 1000): lower it to 3000, or raise pool.maxClientConnections",
      ],
    ],
    [
      "with a pooler on PostgreSQL's port",
      laptopConfig({ ports: [6432, 6433, 5432] }),
      ["pairs[0].pool.ports[2]: 5432: pairs[0].pool.postgres.port uses this port already"],
    ],
  ])("%s", (_, config, problems) => {
    expect(problemsOf(config)).toEqual(problems);
  });

  test("beside a node of its name", () => {
    const config = laptopConfig() as { pairs: [{ nodes: [{ name: string }] }] };
    config.pairs[0].nodes[0].name = "laptop";
    expect(problemsOf(config)).toEqual([
      "pairs[0].nodes[0].name: laptop: pairs[0].pool.on has this name already",
    ]);
  });

  test("of a second pair", () => {
    const { pairs, ...config } = laptopConfig() as { pairs: [object] };
    const second = {
      name: "other",
      vip: { address: "192.168.1.101" },
      nodes: [
        { name: "haproxy3", address: "192.168.1.13" },
        { name: "haproxy4", address: "192.168.1.14" },
      ],
      vrrp: { routerId: 52 },
      pool: { on: "laptop", ports: [6442, 6443, 6444] },
    };
    expect(problemsOf({ ...config, pairs: [...pairs, second] })).toContain(
      "pairs[1].pool.on: laptop: pairs[0].pool.on has the laptop already, which carries one pool: set this one to machines or nodes",
    );
  });
});
