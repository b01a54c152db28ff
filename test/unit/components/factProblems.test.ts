import { expect, test } from "vitest";
import { factProblems } from "../../../components/machines/hosts/factProblems.ts";
import { type HostAnswer, parseFacts } from "../../../components/machines/hosts/facts.ts";
import { parseOwn } from "../../../components/machines/hosts/ownFacts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { hostsConfig } from "../../harness/testConfig.ts";

const topology = parseTopology(hostsConfig());
const vip = "192.0.2.100";
const good = (name: string): HostAnswer => ({
  distribution: { id: "debian", version: "13", name: "Debian GNU/Linux 13 (trixie)" },
  machine: `id-of-${name} boot-of-${name}`,
  rootTrouble: undefined,
  delivered: false,
  missing: undefined,
  interfaces: ["ens5"],
  networkFile: undefined,
  links: [`link-of-${name}`],
  holds: [],
  answers: {},
  own: parseOwn(""),
  login: { from: "198.51.100.7", address: "192.0.2.20", port: 22, interface: "ens5" },
});
const problems = (changes: Readonly<Record<string, Partial<HostAnswer>>>, of = topology) =>
  factProblems(
    of,
    Object.fromEntries(
      ["haproxy1", "haproxy2", "db1"].map((name) => [name, { ...good(name), ...changes[name] }]),
    ),
  );
const withKeys = (keys: Record<string, unknown>) => parseTopology({ ...hostsConfig(), ...keys });

test("good hosts have no problem", () => {
  expect(problems({})).toEqual([]);
});

test("everything wrong with all hosts is told at once, each with its host", () => {
  const told = problems({
    haproxy1: { distribution: { id: "debian", version: "12", name: "Debian GNU/Linux 12 (bookworm)" } },
    haproxy2: { rootTrouble: "sudo: a password is required", interfaces: [] },
    db1: { interfaces: ["eth0", "eth1"] },
  });
  expect(told).toEqual([
    expect.stringMatching(/^db1: has the address 192\.0\.2\.30 on several interfaces \(eth0, eth1\)/),
    "haproxy1: has Debian GNU/Linux 12 (bookworm), and hapair needs Debian 13: upgrade it, or choose another machine",
    expect.stringMatching(/^haproxy2: the login may not become root \(sudo: a password is required\)/),
    expect.stringMatching(/^haproxy2: has the address 192\.0\.2\.21 on no interface/),
  ]);
});

test("an interface of the config must be one that has the address", () => {
  const network = { cidr: "192.0.2.0/24", interface: "eth1" };
  const of = withKeys({ network });
  const onBoth = { interfaces: ["eth0", "eth1"] };
  expect(problems({ haproxy1: onBoth, haproxy2: onBoth, db1: { interfaces: ["eth0"] } }, of)).toEqual([
    expect.stringContaining("db1: has the address 192.0.2.30 on eth0, not on network.interface (eth1)"),
  ]);
});

test("two names for one machine are found, two clones of one disk are not taken for one", () => {
  const machine = "one-id one-boot";
  expect(problems({ haproxy1: { machine }, haproxy2: { machine } })).toEqual([
    "haproxy2: is the same machine as haproxy1: a host of its own is needed, so correct hosts.machines.haproxy2",
  ]);
  expect(problems({ haproxy1: { machine }, haproxy2: { machine: "one-id other-boot" } })).toEqual([]);
});

test("a login that the firewall would not accept is told before it is locked out", () => {
  const login = { from: "203.0.113.99", address: "192.0.2.20", port: 22, interface: "ens5" };
  expect(problems({ haproxy1: { login } })).toEqual([
    expect.stringMatching(
      /^haproxy1: the login comes from 203\.0\.113\.99.*add 203\.0\.113\.99\/32 to firewall\.ssh$/,
    ),
  ]);
  expect(problems({ haproxy1: { login: { ...login, address: "2001:db8::1" } } })).toEqual([
    expect.stringContaining("haproxy1: the login arrives over IPv6 (2001:db8::1)"),
  ]);
});

test("a login within a network over which the hosts are administered is kept", () => {
  const of = withKeys({ network: { cidr: "192.0.2.0/24", management: ["172.16.5.0/24"] } });
  const login = { from: "172.16.5.1", address: "172.16.5.20", port: 22, interface: "eth9" };
  expect(problems({ haproxy1: { login } }, of)).toEqual([]);
  for (const other of [{ from: "172.16.6.1" }, { address: "192.0.2.20" }, { port: 2222 }])
    expect(problems({ haproxy1: { login: { ...login, ...other } } }, of)).toHaveLength(1);
});

test("a virtual address that another machine has is told, and never fought over", () => {
  const seen = { answers: { [vip]: "02:00:00:00:00:99" } };
  expect(problems({ haproxy1: seen, haproxy2: seen })).toEqual([
    expect.stringMatching(
      /^pg: another machine has the virtual address 192\.0\.2\.100 already \(hardware address 02:00:00:00:00:99, seen from haproxy1\)/,
    ),
  ]);
});

test("a virtual address that a node has by hapair's own keepalived is no problem", () => {
  const holder = { holds: [vip], delivered: true };
  expect(problems({ haproxy1: holder, haproxy2: { answers: { [vip]: "link-of-haproxy1" } } })).toEqual([]);
});

test("a virtual address that a node has which leaves the config is no problem, as that one is given back first", () => {
  const seen = { answers: { [vip]: "link-of-haproxy9" } };
  const answers = Object.fromEntries(
    ["haproxy1", "haproxy2", "db1"].map((name) => [name, { ...good(name), ...(name !== "db1" && seen) }]),
  );
  expect(factProblems(topology, answers, [{ links: ["link-of-haproxy9"] }])).toEqual([]);
  expect(factProblems(topology, answers, [{ links: ["link-of-haproxy8"] }])).toHaveLength(1);
});

test("a virtual address that a node has by other means needs hosts.takeOver", () => {
  const changes = { haproxy1: { holds: [vip] }, haproxy2: { answers: { [vip]: "link-of-haproxy1" } } };
  expect(problems(changes)).toEqual([
    expect.stringMatching(
      /^pg: haproxy1 has the virtual address .* already, and not from hapair: .*hosts\.takeOver/,
    ),
  ]);
  const hosts = { ...Object(hostsConfig().hosts), takeOver: ["keepalived"] };
  expect(problems(changes, withKeys({ hosts }))).toEqual([]);
});

test("nothing is said of a virtual address while a node of its pair was left out, as that one may have it", () => {
  const answers = { haproxy1: { ...good("haproxy1"), answers: { [vip]: "02:00:00:00:00:99" } } };
  expect(factProblems(topology, answers)).toEqual([]);
});

test("what is no answer of the script is told with its beginning", () => {
  expect(() => parseFacts("This account is currently not available.")).toThrow(
    'in place of its facts it prints "This account is currently not available."',
  );
});
