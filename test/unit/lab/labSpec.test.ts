import fc from "fast-check";
import { expect, it } from "vitest";
import { labOf } from "../../../cli/targets/lab/target.ts";
import { labSpec } from "../../../components/machines/lab/labSpec.ts";
import { MachineSpec } from "../../../contract/lab.ts";
import { CheckedNetworkSpec, labName, machineName, parseSpec, port } from "../../../lab/spec.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { labConfig, labWithPair, problemsOf } from "../fixtures.ts";

const network = { cidr: "10.0.1.0/24", app: "10.0.1.10", packages: ["curl"], user: "admin" };
const machine = { address: "10.0.1.20", sshPort: 2201, authorizedKey: "ssh-ed25519 AAAA me" };
const parse = (spec: object) => () =>
  parseSpec(CheckedNetworkSpec, JSON.stringify(spec), "The network's spec");

it("a network without forwards has none", () => {
  expect(parse(network)().forwards).toEqual([]);
});

it("the application server's address has to lie in the network", () => {
  expect(parse({ ...network, app: "10.0.2.10" })).toThrow("app: is outside the network's cidr");
});

it("every problem of a spec is named with its path, in one error", () => {
  const wrong = { ...network, packages: ["a b"], user: "root; rm", forwards: [{ port: 0, to: "db" }] };
  expect(parse(wrong)).toThrow(/packages\.0: .*user: .*forwards\.0\.port: .*forwards\.0\.to: /s);
});

it("an unknown key is refused", () => {
  expect(parse({ ...network, cidrs: "10.0.2.0/24" })).toThrow("cidrs");
});

it("a spec that is not JSON says so", () => {
  expect(() => parseSpec(MachineSpec, "{", "The machine's spec")).toThrow("The machine's spec is not JSON");
});

it("a key of two lines cannot smuggle in a second key", () => {
  const text = JSON.stringify({ ...machine, authorizedKey: "ssh-ed25519 AAAA\nssh-ed25519 BBBB" });
  expect(() => parseSpec(MachineSpec, text, "The machine's spec")).toThrow("authorizedKey: ");
});

it.each(["", "Haproxy1", "-a", "thirteen-char", "../etc", "app"])("%j names no machine", (name) => {
  expect(() => machineName(name)).toThrow("cannot name a machine");
});

it("a name that leads out of the lab's folder names no lab", () => {
  expect(() => labName("../x")).toThrow("cannot name a lab");
});

it.each(["", "ssh", "0", "65536", "22.5"])("%j is not a port", (text) => {
  expect(() => port(text)).toThrow("is not a port: expected 1 to 65535");
});

it("invalid names and ports end with exit status 2", () => {
  for (const wrong of [() => labName("../x"), () => machineName("app"), () => port("ssh")])
    expect(wrong).toThrow(expect.objectContaining({ exitStatus: 2 }));
});

const specOf = (config: unknown) => {
  const topology = parseTopology(config);
  return labSpec(labOf(topology, "this test"), topology, []);
};
const shipped = specOf(labConfig());

it("machines keep their SSH ports beside an internet, which has the next", () => {
  const ports = Object.fromEntries(shipped.machines.map(({ name, sshPort }) => [name, sshPort]));
  expect(ports).toEqual({ haproxy1: 2201, haproxy2: 2202, db1: 2203, internet: 2204 });
});

it("each egress group has a loopback port, counted through all pairs", () => {
  const config = labConfig();
  const [first] = config.pairs;
  const proxy = (name: string, address: string, port: number) => ({ name, address, port });
  const groups = [
    { name: "a", port: 7891, servers: [proxy("a1", "10.0.1.51", 18191)] },
    { name: "b", port: 7892, servers: [proxy("b1", "10.0.1.52", 18192)] },
  ];
  const second = {
    name: "other",
    vip: { address: "10.0.1.101" },
    vrrp: { routerId: 52 },
    nodes: [
      { name: "n1", address: "10.0.1.22" },
      { name: "n2", address: "10.0.1.23" },
    ],
    egress: { groups },
  };
  const { network, reach } = specOf({ ...config, pairs: [first, second] });
  expect(network.forwards.filter(({ port }) => port >= 17891 && port < 17900)).toEqual([
    { port: 17891, to: "10.0.1.100:7891" },
    { port: 17892, to: "10.0.1.101:7891" },
    { port: 17893, to: "10.0.1.101:7892" },
  ]);
  expect(reach.pg?.socks).toEqual({ main: "127.0.0.1:17891" });
  expect(reach.other?.socks).toEqual({ a: "127.0.0.1:17892", b: "127.0.0.1:17893" });
});

it("each pool with a port for sessions has a loopback port for it, the others none", () => {
  const [pair] = labConfig().pairs;
  const another = (name: string, byte: number, pool: object) => ({
    name,
    vip: { address: `10.0.1.${byte}` },
    nodes: [1, 2].map((node) => ({ name: `${name}-${node}`, address: `10.0.1.${byte + node}` })),
    vrrp: { routerId: byte },
    pool: { machines: [{ name: `${name}-db`, address: `10.0.1.${byte + 3}` }], ...pool },
  });
  const pairs = [
    pair,
    another("two", 110, { session: { port: 5433 } }),
    another("three", 120, { session: { port: 6000 } }),
  ];
  const { network, reach } = specOf({ ...labConfig(), pairs });
  expect(network.forwards.filter(({ port }) => port >= 16432 && port < 16440)).toEqual([
    { port: 16432, to: "10.0.1.110:5433" },
    { port: 16433, to: "10.0.1.120:6000" },
  ]);
  expect(Object.values(reach).map(({ session }) => session)).toEqual([
    undefined,
    "127.0.0.1:16432",
    "127.0.0.1:16433",
  ]);
});

it("a config parses exactly if every loopback port that it comes to is one, and the remedy is one that parses", () => {
  const counts = { sshPort: 4, sqlPort: 1, sessionPort: 1, statsPort: 1, socksPort: 1 };
  const key = fc.constantFrom(...(["sshPort", "sqlPort", "sessionPort", "statsPort", "socksPort"] as const));
  fc.assert(
    fc.property(key, fc.integer({ min: 65528, max: 65535 }), (key, first) => {
      const machines = [{ name: "db1", address: "10.0.1.30" }];
      const config = labWithPair({ pool: { machines, session: { port: 5433 } } });
      const withPort = (port: number) => ({ ...config, lab: { ...Object(config.lab), [key]: port } });
      const last = first + counts[key] - 1;
      const most = 65535 - counts[key] + 1;
      expect(problemsOf(withPort(first))).toEqual(
        last <= 65535
          ? []
          : [
              `lab.${key}: ${first}: the last of ${counts[key]} ports in a row from here would be ${last}: choose at most ${most}`,
            ],
      );
      expect(problemsOf(withPort(most))).toEqual([]);
    }),
  );
});
