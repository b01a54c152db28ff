import { describe, expect, test } from "vitest";
import { labName } from "../../../lab/spec.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { labConfig, labWithPair, problemsOf } from "../fixtures.ts";

const nodes = [
  { name: "haproxy1", address: "10.0.1.20" },
  { name: "haproxy2", address: "10.0.1.21" },
];

const machines = [{ name: "db1", address: "10.0.1.30" }];

describe("a good config", () => {
  test("of a lab parses, with priorities high and close together", () => {
    const { pairs } = parseTopology(labConfig());
    expect(pairs[0]?.nodes.map(({ priority }) => priority)).toEqual([251, 250]);
  });

  test("opens the firewall only to the network unless the config says otherwise", () => {
    expect(parseTopology(labConfig()).firewall).toEqual({
      clients: ["10.0.1.0/24"],
      monitoring: ["10.0.1.0/24"],
      ssh: ["10.0.1.0/24"],
      admin: ["10.0.1.0/24"],
    });
  });

  test("may allow SSH only to the lab's user", () => {
    expect(problemsOf({ ...labConfig(), firewall: { ssh: ["10.0.1.10/32"] } })).toEqual([]);
  });

  test("may name its lab by as many characters as the lab takes", () => {
    const name = "l".repeat(31);
    expect(problemsOf({ ...labConfig(), lab: { name } })).toEqual([]);
    expect(labName(name)).toBe(name);
    expect(() => labName(`${name}l`)).toThrow("cannot name a lab");
  });

  test("may have checks an hour apart, and no further", () => {
    const config = (checkIntervalMs: number) => labWithPair({ haproxy: { checkIntervalMs } });
    expect(problemsOf(config(3_600_000))).toEqual([]);
    expect(problemsOf(config(3_600_001))).toHaveLength(1);
  });

  test("may name role and database by words of SQL", () => {
    const pool = { machines, database: { name: "order", user: "user" } };
    expect(problemsOf(labWithPair({ pool }))).toEqual([]);
  });

  test("cannot be changed once parsed", () => {
    const topology = parseTopology(labConfig());
    expect(() => Object.assign(topology.pairs[0]?.vip ?? {}, { address: "10.0.1.101" })).toThrow(TypeError);
  });

  test("takes five nodes and a second pair beside the first", () => {
    const five = Array.from({ length: 5 }, (_, index) => ({
      name: `n${index}`,
      address: `10.0.1.${50 + index}`,
    }));
    const second = { name: "pg2", vip: { address: "10.0.1.101" }, nodes: five, vrrp: { routerId: 52 } };
    const config = labConfig();
    expect(problemsOf({ ...config, pairs: [...config.pairs, second] })).toEqual([]);
  });
});

describe("a bad config is refused with its path and the remedy:", () => {
  const cases: readonly [string, Record<string, unknown>, RegExp][] = [
    [
      "virtual address outside the network",
      labWithPair({ vip: { address: "10.0.2.100" } }),
      /^pairs\[0\]\.vip\.address: 10\.0\.2\.100 is outside 10\.0\.1\.0\/24: choose/,
    ],
    [
      "virtual address that a node has",
      labWithPair({ vip: { address: "10.0.1.20" } }),
      /^pairs\[0\]\.vip\.address: 10\.0\.1\.20: pairs\[0\]\.nodes\[0\]\.address has this address already/,
    ],
    [
      "virtual address that is the network's own",
      labWithPair({ vip: { address: "10.0.1.0" } }),
      /vip\.address: 10\.0\.1\.0 is the network address/,
    ],
    [
      "virtual address that is the broadcast address",
      labWithPair({ vip: { address: "10.0.1.255" } }),
      /vip\.address: 10\.0\.1\.255 is the broadcast address/,
    ],
    [
      "virtual address of the application server",
      labWithPair({ vip: { address: "10.0.1.10" } }),
      /vip\.address: 10\.0\.1\.10: lab\.app has this address already/,
    ],
    [
      "two nodes with one address",
      labWithPair({ nodes: [nodes[0], { ...nodes[1], address: "10.0.1.20" }] }),
      /nodes\[1\]\.address: 10\.0\.1\.20: pairs\[0\]\.nodes\[0\]\.address has/,
    ],
    [
      "two nodes with one name",
      labWithPair({ nodes: [nodes[0], { ...nodes[1], name: "haproxy1" }] }),
      /nodes\[1\]\.name: haproxy1: pairs\[0\]\.nodes\[0\]\.name has/,
    ],
    [
      "two nodes with one priority",
      labWithPair({ nodes: [nodes[0], { ...nodes[1], priority: 251 }] }),
      /nodes\[1\]\.priority: 251: .*nodes\[0\]\.priority has this priority already/,
    ],
    [
      "a priority of 0",
      labWithPair({ nodes: [{ ...nodes[0], priority: 0 }, nodes[1]] }),
      /nodes\[0\]\.priority: too small/,
    ],
    [
      "a priority of 255",
      labWithPair({ nodes: [{ ...nodes[0], priority: 255 }, nodes[1]] }),
      /nodes\[0\]\.priority: too big/,
    ],
    ["one node", labWithPair({ nodes: [nodes[0]] }), /nodes: expected at least two nodes/],
    [
      "adverts below a second with VRRPv2",
      labWithPair({ vrrp: { version: 2 } }),
      /vrrp\.advertIntervalMs: 20 ms: VRRPv2 knows whole seconds only; use version 3/,
    ],
    [
      "a down timer shorter than a pause",
      labWithPair({ vrrp: { advertIntervalMs: 10, downTimerAdverts: 2 } }),
      /vrrp\.advertIntervalMs: 2 adverts of 10 ms are shorter/,
    ],
    ["an unknown key", labWithPair({ vips: {} }), /^pairs\[0\]\.vips: unknown key; did you mean vip\?/],
    [
      "an unknown key at the top",
      { ...labConfig(), netwrok: {} },
      /^netwrok: unknown key; did you mean network\?/,
    ],
    [
      "a key with a typing error in its namespace",
      { ...labConfig(), "hapiar:firewall": {} },
      /^hapiar:firewall: unknown key; did you mean hapair:firewall\?/,
    ],
    [
      "secrets with a typing error in their name",
      { ...labConfig(), pasword: {} },
      /^pasword: unknown key; did you mean passwords\?/,
    ],
    [
      "ports that collide on a node",
      labWithPair({ haproxy: { statsPort: 5432 } }),
      /haproxy\.statsPort: 5432: pairs\[0\]\.haproxy\.port uses this port already/,
    ],
    [
      "ports that collide in the pool",
      labWithPair({ pool: { machines, ports: [6432, 6432] } }),
      /pool\.ports\[1\]: 6432: pairs\[0\]\.pool\.ports\[0\] uses/,
    ],
    [
      "a pooler on PostgreSQL's port",
      labWithPair({ pool: { machines, ports: [5432] } }),
      /pool\.ports\[0\]: 5432: pairs\[0\]\.pool\.postgres\.port uses/,
    ],
    [
      "loopback ports that collide",
      { ...labConfig(), lab: { sqlPort: 2202 } },
      /lab\.sqlPort: 2202: lab\.sshPort is forwarded/,
    ],
    [
      "a pool with no instances",
      labWithPair({ pool: { machines, ports: [] } }),
      /pool\.ports: expected at least one port/,
    ],
    [
      "more pooled connections than PostgreSQL takes",
      labWithPair({ pool: { machines, size: 100 } }),
      /pool\.size: 3 poolers of 100 connections need 300/,
    ],
    [
      "a bad network",
      { ...labConfig(), network: { cidr: "10.0.1.0/33" } },
      /network\.cidr: expected an IPv4 network/,
    ],
    [
      "host bits in a network",
      { ...labConfig(), firewall: { clients: ["10.0.1.7/24"] } },
      /firewall\.clients\[0\]: expected an IPv4 network/,
    ],
    ["a quote in a name", labWithPair({ name: 'p"g' }), /pairs\[0\]\.name: expected lower-case letters/],
    [
      "a newline in an interface",
      { ...labConfig(), network: { cidr: "10.0.1.0/24", interface: "host0\nx" } },
      /network\.interface: expected an interface name/,
    ],
    [
      "a name too long for the lab",
      labWithPair({ nodes: [{ ...nodes[0], name: "haproxy-number-1" }, nodes[1]] }),
      /nodes\[0\]\.name: haproxy-number-1 is too long for a lab machine/,
    ],
    [
      "an interface that a lab's machines do not have",
      { ...labConfig(), network: { cidr: "10.0.1.0/24", interface: "eth0" } },
      /^network\.interface: eth0: the interface of a lab's machines is host0: remove this key$/,
    ],
    [
      "a lab whose user could not log in",
      { ...labConfig(), firewall: { ssh: ["10.0.1.128/25", "192.0.2.7/32"] } },
      /^firewall\.ssh: has no network with lab\.app \(10\.0\.1\.10\) in it, .*: add 10\.0\.1\.10\/32$/,
    ],
    ...["postgres", "pgbouncer", "public", "none", "pg_monitor", "hapair_probe"].map(
      (user): [string, Record<string, unknown>, RegExp] => [
        `the application as ${user}`,
        labWithPair({ pool: { machines, database: { user } } }),
        new RegExp(
          `pool\\.database\\.user: ${user} is a name that .* keeps for itself: choose another, such as app`,
        ),
      ],
    ),
    ...["pgbouncer", "template1"].map((database): [string, Record<string, unknown>, RegExp] => [
      `the database ${database}`,
      labWithPair({ pool: { machines, database: { name: database } } }),
      new RegExp(`pool\\.database\\.name: ${database} is .*: choose another name`),
    ]),
    [
      "a name too long for a lab",
      { ...labConfig(), lab: { name: "l".repeat(32) } },
      /^lab\.name: expected at most 31 characters/,
    ],
    [
      "a time that no timer can wait",
      labWithPair({ haproxy: { checkIntervalMs: 2 ** 31 } }),
      /haproxy\.checkIntervalMs: too big: expected number to be <=3600000/,
    ],
    ["a missing part", { target: "lab", network: { cidr: "10.0.1.0/24" } }, /^pairs: is missing/],
  ];
  test.each(cases)("%s", (_, config, expected) => {
    expect(problemsOf(config)).toContainEqual(expect.stringMatching(expected));
  });

  test("a router id that another pair of the stack has", () => {
    const second = {
      name: "pg2",
      vip: { address: "10.0.1.101" },
      nodes: nodes.map((_, index) => ({ name: `x${index}`, address: `10.0.1.${60 + index}` })),
    };
    const config = labConfig();
    expect(problemsOf({ ...config, pairs: [...config.pairs, second] })).toEqual([
      "pairs[1].vrrp.routerId: 51: pairs[0].vrrp.routerId has this router id already: choose another from 1 to 255",
    ]);
  });

  test("every problem at once, also those of rules beside those of the schema", () => {
    const problems = problemsOf(
      labWithPair({
        vip: { address: "10.0.2.1" },
        nodes: [
          { ...nodes[0], colour: "red" },
          { ...nodes[1], address: "10.0.1.20" },
        ],
        haproxy: { port: 0 },
      }),
    );
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "pairs[0].haproxy.port",
      "pairs[0].nodes[0].colour",
      "pairs[0].nodes[1].address",
      "pairs[0].vip.address",
    ]);
  });
});
