import { describe, expect, test } from "vitest";
import { parseTopology } from "../../../topology/parse.ts";
import { labConfig, labWithEgress, labWithPair, problemsOf } from "../fixtures.ts";

const pool = { machines: [{ name: "db1", address: "10.0.1.30" }] };

describe("a network that no host or client is in is refused:", () => {
  const network = (cidr: string) => problemsOf({ ...labConfig(), network: { cidr } }).join("\n");

  test.each([
    "127.0.0.0/8",
    "127.0.1.0/24",
    "126.0.0.0/7",
    "224.0.0.0/4",
    "239.1.0.0/16",
    "0.0.0.0/0",
    "0.0.0.0/8",
  ])("%s for the hosts", (cidr) => {
    expect(network(cidr)).toMatch(
      /^network\.cidr: \S+ has addresses of \S+, which hosts cannot have: choose a network such as/m,
    );
  });

  test.each(["10.0.0.0/08", "10.0.0.0/09", "0.0.0.0/00"])(
    "%s, a prefix length with a leading zero",
    (cidr) => {
      expect(network(cidr)).toMatch(/^network\.cidr: expected an IPv4 network such as/m);
    },
  );

  test.each(["127.0.0.0/8", "224.0.0.0/4", "0.0.0.0/32", "255.255.255.255/32"])("%s for clients", (cidr) => {
    const config = {
      ...labWithPair({ pool: { ...pool, directClients: [cidr] } }),
      firewall: { clients: [cidr], monitoring: [cidr], ssh: ["10.0.1.0/24", cidr] },
    };
    const keys = [
      "firewall.clients[0]",
      "firewall.monitoring[0]",
      "firewall.ssh[1]",
      "pairs[0].pool.directClients[0]",
    ];
    expect(problemsOf(config)).toEqual(
      keys.map(
        (key) => `${key}: ${cidr} is a network that no client comes from: choose one such as 10.0.1.0/24`,
      ),
    );
  });

  test("and 0.0.0.0/0 is everybody, who may be a client", () => {
    const everybody = ["0.0.0.0/0"];
    const config = {
      ...labConfig(),
      firewall: { clients: everybody, monitoring: everybody, ssh: everybody },
    };
    expect(parseTopology(config).firewall.clients).toEqual(everybody);
  });
});

describe("an address where no host answers is refused:", () => {
  const wg1 = { name: "wg1", address: "10.0.1.41", port: 18181 };
  const far = (address: string) => ({ ...labWithEgress({ servers: [{ ...wg1, address }] }), lab: {} });
  const server = "pairs[0].egress.groups[0].servers[0].address";

  test.each([
    ["0.0.0.0", "the address of no host"],
    ["239.1.2.3", "a multicast address"],
    ["255.255.255.255", "the broadcast address"],
  ])("%s, for a log server, a proxy and a page", (address, kind) => {
    const remedy = "choose the address of a host";
    expect(problemsOf({ ...labConfig(), syslog: { address } })).toEqual([
      `syslog.address: ${address} is ${kind}: ${remedy}, such as 10.0.1.20`,
    ]);
    expect(problemsOf(far(address))).toEqual([
      `${server}: ${address} is ${kind}: ${remedy}, such as 10.0.1.20`,
    ]);
    expect(problemsOf(labWithEgress({ targets: [`https://${address}/`] }))).toEqual([
      `pairs[0].egress.groups[0].targets[0]: ${address} is ${kind}: ${remedy}`,
    ]);
  });

  test.each([
    ["10.0.1.0", "network"],
    ["10.0.1.255", "broadcast"],
  ])("%s, the %s address of the hosts' own network", (address, role) => {
    const message = `${address} is the ${role} address of 10.0.1.0/24: choose a free address of that network`;
    expect(problemsOf({ ...labConfig(), syslog: { address } })).toEqual([`syslog.address: ${message}`]);
    expect(problemsOf(far(address))).toEqual([`${server}: ${message}`]);
  });
});

test.each(["localhost", "ip6-loopback"])("%s, which every host is called, is no host's own name", (name) => {
  const nodes = [
    { name, address: "10.0.1.20" },
    { name: "haproxy2", address: "10.0.1.21" },
  ];
  expect(
    problemsOf(labWithPair({ nodes, pool: { machines: [{ name: "localhost", address: "10.0.1.30" }] } })),
  ).toEqual([
    `pairs[0].nodes[0].name: ${name} is a name of every host: choose one of its own, such as haproxy1`,
    "pairs[0].pool.machines[0].name: localhost is a name of every host: choose one of its own, such as haproxy1",
    ...(name === "localhost"
      ? ["pairs[0].pool.machines[0].name: localhost: pairs[0].nodes[0].name has this name already"]
      : []),
  ]);
});

describe("a page that cannot be requested through a proxy is refused:", () => {
  test.each([
    ["20,000 characters", `http://example.com/${"a".repeat(20_000)}`, "has 20019 characters: choose a page"],
    [
      "characters that become too many",
      `http://example.com/${"é".repeat(2000)}`,
      "has 12019 characters: choose",
    ],
    ["port 0", "http://example.com:0/", "has the port 0: choose one from 1 to 65535, or leave it out"],
    [
      "a name's part of 64 characters",
      `http://${"a".repeat(64)}.com/`,
      "has a part of its host name longer than 63",
    ],
  ])("%s", (_, url, problem) => {
    const at = "pairs[0].egress.groups[0]";
    expect(problemsOf(labWithEgress({ targets: [url], warpTrace: url }))).toEqual([
      expect.stringContaining(`${at}.targets[0]: ${problem}`),
      expect.stringContaining(`${at}.warpTrace: ${problem}`),
    ]);
  });
});
