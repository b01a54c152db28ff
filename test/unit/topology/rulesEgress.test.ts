import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labConfig, labWithEgress, labWithPair, problemsOf } from "../fixtures.ts";

const wg1 = { name: "wg1", address: "10.0.1.41", port: 18181 };
const wg2 = { name: "wg2", address: "10.0.1.42", port: 18182 };
const warp = { name: "warp", address: "10.0.1.43", port: 8111 };
const main = { name: "main", servers: [wg1, wg2], lastResorts: [warp] };
const groups = (...more: Record<string, unknown>[]) => labWithPair({ egress: { groups: [main, ...more] } });

describe("a good egress config:", () => {
  test.each([
    ["that of the shipped lab", labConfig()],
    ["a second group with a proxy of the first", groups({ name: "other", port: 7892, servers: [wg2] })],
    ["a target by name, with a path", labWithEgress({ targets: ["http://example.com/a?b=c"] })],
    [
      "proxies outside the network where no machine plays the internet",
      {
        ...labWithEgress({
          servers: [
            { ...wg1, address: "192.0.2.1" },
            { ...wg2, address: "192.0.2.1" },
          ],
        }),
        lab: {},
      },
    ],
  ] as const)("%s", (_, config) => {
    expect(problemsOf(config)).toEqual([]);
  });
});

describe("a bad egress config is refused with its path and the remedy:", () => {
  const first = "pairs[0].egress.groups[0]";
  const cases: readonly [string, Record<string, unknown>, string][] = [
    [
      "two groups of one name",
      groups({ ...main, port: 7892 }),
      "pairs[0].egress.groups[1].name: main: pairs[0].egress.groups[0].name has this name already",
    ],
    [
      "a name whose backend would be another group's",
      labWithEgress({ name: "main-unchecked" }),
      `${first}.name: main-unchecked: names ending in -unchecked are reserved: choose another name`,
    ],
    [
      "two groups on one port",
      groups({ name: "other", servers: [wg1] }),
      "pairs[0].egress.groups[1].port: 7891: pairs[0].egress.groups[0].port uses this port already",
    ],
    [
      "a group on SSH's port",
      labWithEgress({ port: 22 }),
      `${first}.port: 22: the SSH server uses this port already`,
    ],
    [
      "a group on the pair's own port",
      labWithEgress({ port: 5432 }),
      `${first}.port: 5432: pairs[0].haproxy.port uses this port already`,
    ],
    [
      "a group on the pair's stats port",
      labWithEgress({ port: 8404 }),
      `${first}.port: 8404: pairs[0].haproxy.statsPort uses this port already`,
    ],
    [
      "a group on the loopback stats port",
      labWithEgress({ port: 8091 }),
      `${first}.port: 8091: pairs[0].egress.statsPort uses this port already`,
    ],
    [
      "a group on the metrics port",
      labWithEgress({ port: 8405 }),
      `${first}.port: 8405: pairs[0].egress.metricsPort uses this port already`,
    ],
    [
      "stats and metrics on one port",
      labWithEgress({}, { statsPort: 8405 }),
      "pairs[0].egress.metricsPort: 8405: pairs[0].egress.statsPort uses this port already",
    ],
    [
      "two proxies of one name in a group",
      labWithEgress({ lastResorts: [{ ...warp, name: "wg1" }] }),
      `${first}.lastResorts[0].name: wg1: ${first}.servers[0].name has this name already`,
    ],
    [
      "two proxies on one port in a group",
      labWithEgress({ servers: [wg1, { ...wg2, port: 18181 }] }),
      `${first}.servers[1].port: 18181: ${first}.servers[0].port has this port already: \`hapair check PORT\` knows a proxy by it`,
    ],
    [
      "one proxy's port under another name in a second group",
      groups({ name: "other", port: 7892, servers: [{ ...wg2, port: 18181 }] }),
      `pairs[0].egress.groups[1].servers[0].port: 18181: ${first}.servers[0] has this port under another name or address: give both the same, or choose another port`,
    ],
    [
      "a check's timeout as long as its interval",
      labWithEgress({ check: { timeoutMs: 450 } }),
      `${first}.check.timeoutMs: 450 ms is not shorter than intervalMs (450 ms)`,
    ],
    [
      "a fast interval that is slower",
      labWithEgress({ check: { fastIntervalMs: 451 } }),
      `${first}.check.fastIntervalMs: 451 ms is longer than intervalMs (450 ms)`,
    ],
    [
      "a probe's timeouts as long as its interval",
      labWithEgress({ probe: { intervalMs: 3000 } }),
      `${first}.probe.requestTimeoutMs: connectTimeoutMs and requestTimeoutMs together (3000 ms) are not shorter than intervalMs (3000 ms)`,
    ],
    [
      "a hold-down beyond its bound",
      labWithEgress({ hysteresis: { holdDownS: 301 } }),
      `${first}.hysteresis.holdDownS: 301 s is longer than maxHoldDownS (300 s)`,
    ],
    [
      "a proxy at the virtual address",
      labWithEgress({ servers: [{ ...wg1, address: "10.0.1.100" }] }),
      `${first}.servers[0].address: 10.0.1.100 is where the pair itself listens for SOCKS clients: a proxy there would make a loop`,
    ],
    [
      "a proxy that is the node's own client port",
      labWithEgress({ servers: [{ ...wg1, address: "127.0.0.1", port: 7891 }] }),
      `${first}.servers[0].address: 127.0.0.1 is where the pair itself listens for SOCKS clients: a proxy there would make a loop`,
    ],
    [
      "a target that is not http(s)",
      labWithEgress({ targets: ["ftp://10.0.1.40"] }),
      `${first}.targets[0]: expected an http:// or https:// address such as https://1.1.1.1`,
    ],
    [
      "a target with a password",
      labWithEgress({ targets: ["https://me:secret@10.0.1.40"] }),
      `${first}.targets[0]: has a user or password in its address: choose a page that asks for none`,
    ],
    [
      "a trace page with a user",
      labWithEgress({ warpTrace: "https://me@10.0.1.40/" }),
      `${first}.warpTrace: has a user or password in its address: choose a page that asks for none`,
    ],
    [
      "an IPv6 target",
      labWithEgress({ targets: ["https://[2606:4700:4700::1111]"] }),
      `${first}.targets[0]: [2606:4700:4700::1111] is an IPv6 address: use a name or an IPv4 address`,
    ],
    [
      "a quote in a target",
      labWithEgress({ targets: ['https://10.0.1.40/"a'] }),
      `${first}.targets[0]: has a control character, quote, backslash or newline: remove it`,
    ],
    ["no server", labWithEgress({ servers: [] }), `${first}.servers: expected at least one server`],
    [
      "no group",
      labWithPair({ egress: { groups: [] } }),
      "pairs[0].egress.groups: expected at least one group",
    ],
    [
      "half a certificate",
      labWithEgress({}, { ca: "-----BEGIN CERTIFICATE-----\nMIIB\n" }),
      "pairs[0].egress.ca: is not a complete PEM certificate: copy it again, from its BEGIN line to its END line",
    ],
    [
      "a key in place of a certificate",
      labWithEgress({}, { ca: "-----BEGIN PRIVATE KEY-----" }),
      "pairs[0].egress.ca: expected a PEM certificate",
    ],
    [
      "the internet outside the network",
      { ...labConfig(), lab: { internet: "10.0.2.40" } },
      "lab.internet: 10.0.2.40 is outside 10.0.1.0/24: choose a free address of that network",
    ],
    [
      "a node at the internet's address",
      { ...labConfig(), lab: { internet: "10.0.1.20" } },
      "pairs[0].nodes[0].address: 10.0.1.20: lab.internet has this address already",
    ],
    [
      "a node with the internet's name",
      {
        ...labConfig(),
        pairs: [
          {
            ...labConfig().pairs[0],
            nodes: [
              { name: "internet", address: "10.0.1.20" },
              { name: "haproxy2", address: "10.0.1.21" },
            ],
          },
        ],
      },
      "pairs[0].nodes[0].name: internet: lab.internet has this name already",
    ],
    [
      "a lab's proxy outside the network",
      labWithEgress({ servers: [{ ...wg1, address: "192.0.2.1" }] }),
      `${first}.servers[0].address: 192.0.2.1 is outside 10.0.1.0/24: choose a free address of that network`,
    ],
    [
      "a lab's proxy at a node's address",
      labWithEgress({ servers: [{ ...wg1, address: "10.0.1.20" }] }),
      `${first}.servers[0].address: 10.0.1.20: pairs[0].nodes[0].address has this address already`,
    ],
    [
      "two of a lab's proxies at one address",
      labWithEgress({ servers: [wg1, { ...wg2, address: "10.0.1.41" }] }),
      `${first}.servers[1].address: 10.0.1.41: ${first}.servers[0].address has this address already`,
    ],
    [
      "two of a lab's proxies of one name",
      groups({ name: "other", port: 7892, servers: [{ name: "wg1", address: "10.0.1.44", port: 18183 }] }),
      `pairs[0].egress.groups[1].servers[0].name: wg1: ${first}.servers[0].name is another proxy with this name: in the lab each proxy needs a name of its own`,
    ],
    [
      "loopback ports that collide",
      { ...labConfig(), lab: { socksPort: 18404 } },
      "lab.socksPort: 18404: lab.statsPort is forwarded to this port already",
    ],
  ];
  test.each(cases)("%s", (_, config, expected) => {
    expect(problemsOf(config)).toContain(expected);
  });

  test("all at once", () => {
    const problems = problemsOf(
      labWithEgress({ name: "Main", port: 22, servers: [{ ...wg1, port: 0 }], check: { timeoutMs: 9000 } }),
    );
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      `${first}.check.timeoutMs`,
      `${first}.name`,
      `${first}.port`,
      `${first}.servers[0].port`,
    ]);
  });
});

test("whatever the ports are, a config parses exactly if no two listeners of a node share one", () => {
  const port = fc.constantFrom(22, 5432, 7891, 7892, 8091, 8404, 8405, 9000);
  fc.assert(
    fc.property(port, port, port, port, (one, other, statsPort, metricsPort) => {
      const config = labWithPair({
        egress: {
          statsPort,
          metricsPort,
          groups: [
            { ...main, port: one },
            { ...main, name: "b", port: other },
          ],
        },
      });
      const all = [22, 5432, 8404, one, other, statsPort, metricsPort];
      expect(problemsOf(config).length === 0).toBe(new Set(all).size === all.length);
    }),
  );
});
