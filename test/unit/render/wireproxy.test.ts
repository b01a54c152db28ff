import { expect, test } from "vitest";
import { wireproxy } from "../../../agent/services/wireproxy.ts";
import { Bundle } from "../../../contract/bundle.ts";
import { renderHost, renderShown } from "../../../render/bundle.ts";
import { shownFacts } from "../../../render/hostFacts.ts";
import { secretsOf } from "../../../render/secrets.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { ConfigError } from "../../../topology/problem.ts";
import { parseSecrets, splitSecrets } from "../../../topology/secrets/givenSecrets.ts";
import type { Topology } from "../../../topology/topology.ts";
import { ScratchHost } from "../agent/apply/scratchHost.ts";
import { labWithEgress, labWithPair, problemsOf } from "../fixtures.ts";

const wg1 = { name: "wg1", address: "10.0.1.41", port: 18181 };
const own = { name: "wg3", address: "127.0.0.1", port: 18183, wireproxy: true };
const config = (more: Record<string, unknown> = {}) => labWithEgress({ servers: [wg1, { ...own, ...more }] });
const lab = parseTopology(config());

const text = (key: string) => `[Interface]\nPrivateKey = ${key}\n`;
const texts = { haproxy1: text("key-of-one"), haproxy2: text("key-of-two") };

/** What is wrong with the secrets of the lab. */
function secretProblems(secrets: { passwords?: unknown; wireproxy?: unknown }, topology: Topology = lab) {
  try {
    parseSecrets(topology, splitSecrets(secrets).secrets);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const server = "pairs[0].egress.groups[0].servers[1]";
const elsewhere = { name: "b", port: 7892 };

test.each<[string, Record<string, unknown>, string]>([
  [
    "an address of another machine",
    config({ address: "10.0.1.44" }),
    `${server}.address: 10.0.1.44: every node runs this proxy itself: set 127.0.0.1, or remove wireproxy`,
  ],
  [
    "a port that a listener of the node has",
    config({ port: 8405 }),
    `${server}.port: 8405: pairs[0].egress.metricsPort uses this port already`,
  ],
  [
    "two proxies behind one unit",
    labWithPair({
      egress: {
        groups: [
          { name: "a", servers: [own] },
          { ...elsewhere, servers: [{ ...own, port: 18184 }] },
        ],
      },
    }),
    "pairs[0].egress.groups[1].servers[0].name: wg3: pairs[0].egress.groups[0].servers[0].name has this name already: each such proxy has a unit of that name",
  ],
  [
    "a program without its path",
    labWithEgress({ servers: [own] }, { wireproxy: { binary: "wireproxy -s" } }),
    "pairs[0].egress.wireproxy.binary: expected an absolute path such as /usr/local/bin/wireproxy, of letters, digits, dots, dashes and underscores",
  ],
  [
    "a program where the unit does not look",
    labWithEgress({ servers: [own] }, { wireproxy: { binary: "/home/me/wireproxy" } }),
    "pairs[0].egress.wireproxy.binary: is in a folder that the unit does not see: put the program below /usr/local or /opt",
  ],
])("refused with its path and the remedy: %s", (_, config, expected) => {
  expect(problemsOf(config)).toContain(expected);
});

test("groups and last resorts may share such a proxy; the lab makes none for it", () => {
  const groups = [
    { name: "a", servers: [wg1], lastResorts: [{ ...own, warp: false }] },
    { ...elsewhere, servers: [own] },
  ];
  const config = labWithPair({ egress: { groups } });
  expect(problemsOf(config)).toEqual([]);
  const proxies = hostsOf(parseTopology(config)).flatMap((host) =>
    host.role === "internet" ? host.proxies : [],
  );
  expect(proxies.map(({ name }) => name)).toEqual(["wg1"]);
});

test("the config of each node is taken unchanged, line breaks included", () => {
  const { wireproxies } = parseSecrets(lab, splitSecrets({ wireproxy: { pg: { wg3: texts } } }).secrets);
  expect(wireproxies).toEqual({ pg: { wg3: texts } });
});

const set = "npm run pulumi -- config set --secret --path 'hapair:wireproxy.pg.wg3";
const nobodys = (path: string) =>
  `${path}: belongs to no node and server with \`wireproxy: true\` (wireproxy.PAIR.SERVER.NODE): remove it: npm run pulumi -- config rm --path 'hapair:${path}'`;

test.each<[string, unknown, readonly string[]]>([
  [
    "none at all",
    undefined,
    ["haproxy1", "haproxy2"].map(
      (node) => `wireproxy.pg.wg3.${node}: is missing: ${set}.${node}' < wg3-${node}.conf`,
    ),
  ],
  [
    "an empty one and a number",
    { pg: { wg3: { haproxy1: "", haproxy2: 1 } } },
    [
      `wireproxy.pg.wg3.haproxy1: is missing: ${set}.haproxy1' < wg3-haproxy1.conf`,
      `wireproxy.pg.wg3.haproxy2: expected a string: ${set}.haproxy2' < wg3-haproxy2.conf`,
    ],
  ],
  [
    "one key on two nodes",
    { pg: { wg3: { ...texts, haproxy2: `# copied\n${texts.haproxy1}` } } },
    [
      "wireproxy.pg.wg3.haproxy2: has the private key of wireproxy.pg.wg3.haproxy1: each node needs a key of its own",
    ],
  ],
  [
    "for servers, pairs and nodes that do not exist",
    { pg: { wg3: { ...texts, haproxy3: "x" }, wg1: { haproxy1: "x" } }, pg2: { wg3: "x" } },
    ["wireproxy.pg.wg3.haproxy3", "wireproxy.pg.wg1.haproxy1", "wireproxy.pg2.wg3"].map(nobodys),
  ],
])("wireproxy configs are refused, all problems at once: %s", (_, wireproxy, expected) => {
  expect(secretProblems({ wireproxy })).toEqual(expected);
});

test("no problem shows a value, wherever it was put", () => {
  const hidden = "[Interface] the key itself";
  const places = [hidden, { pg: hidden }, { pg: { wg3: hidden } }, { pg: { wg1: { haproxy1: hidden } } }];
  for (const wireproxy of places) {
    const problems = secretProblems({ wireproxy, passwords: { pg: { database: hidden } } });
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join("\n")).not.toContain("the key");
  }
});

test("the empty objects that `pulumi config rm` leaves behind are accepted", () => {
  const without = parseTopology(labWithEgress({ servers: [wg1] }));
  expect(secretProblems({ wireproxy: { pg: { wg3: {} } } }, without)).toEqual([]);
});

test("passwords of pairs that do not exist, and under other names, are refused", () => {
  const all = { database: "one", probe: "two", stats: "three" };
  const passwords = { pg: { ...all, databse: "four" }, pg2: all };
  const nobodys = ["pg.databse", ...Object.keys(all).map((name) => `pg2.${name}`)].map(
    (place) =>
      `passwords.${place}: belongs to no pair's database, probe, stats (passwords.PAIR.NAME): remove it: npm run pulumi -- config rm --path 'hapair:passwords.${place}'`,
  );
  const topology = parseTopology({ ...config(), secrets: "config" });
  expect(secretProblems({ passwords, wireproxy: { pg: { wg3: texts } } }, topology)).toEqual(nobodys);
  expect(secretProblems({ passwords: { pg: all }, wireproxy: { pg: { wg3: texts } } }, topology)).toEqual([]);
});

test("problems with passwords and with wireproxy are reported together", () => {
  const problems = secretProblems({}, parseTopology({ ...config(), secrets: "config" }));
  expect(problems.map((problem) => problem.split(":")[0])).toEqual([
    "passwords.pg.database",
    "passwords.pg.probe",
    "passwords.pg.stats",
    "wireproxy.pg.wg3.haproxy1",
    "wireproxy.pg.wg3.haproxy2",
  ]);
});

const node = (name: string) => {
  const host = hostsOf(lab).find((host) => host.name === name);
  if (!host) throw new Error(`no host ${name}`);
  return host;
};
const secrets = {
  ...secretsOf({ database: "d", probe: "p", stats: "s" }, { wireproxies: { wg3: texts } }),
  internet: { key: "", certificate: "" },
};
const bundleOf = (name: string) =>
  Bundle.parse(JSON.parse(renderHost(lab, node(name), secrets, shownFacts(lab)).text));
const configPath = "etc/hapair/wireproxy/wg3.conf";
const unitPath = "etc/systemd/system/wireproxy@.service";

test.each(["haproxy1", "haproxy2"] as const)("%s gets its own config, readable by root only", (name) => {
  const { files } = bundleOf(name);
  const other = texts[name === "haproxy1" ? "haproxy2" : "haproxy1"];
  expect(files.find(({ path }) => path === configPath)).toMatchObject({
    text: texts[name],
    mode: "0600",
    owner: "root",
  });
  expect(files.filter(({ text }) => text.includes(texts[name])).length).toBe(1);
  expect(files.filter(({ text }) => text.includes(other))).toEqual([]);
});

test("a node starts its proxies before the haproxy that uses them", () => {
  const { enabled } = bundleOf("haproxy1").units;
  expect(enabled).toContain("wireproxy@wg3.service");
  expect(enabled.indexOf("wireproxy@wg3.service")).toBeLessThan(enabled.indexOf("haproxy.service"));
});

test("a preview shows unit and program, and [secret] for the config, also with two pairs", () => {
  const second = {
    name: "pg2",
    vip: { address: "10.0.1.101" },
    vrrp: { routerId: 52 },
    nodes: ["10.0.1.50", "10.0.1.51"].map((address, index) => ({ name: `n${index}`, address })),
    egress: { groups: [{ name: "main", servers: [own] }] },
  };
  const [first] = config().pairs as unknown[];
  const topology = parseTopology({ ...config(), pairs: [first, second] });
  for (const host of hostsOf(topology).filter(({ role }) => role === "node")) {
    const shown = renderShown(topology, host);
    expect(shown[configPath]).toBe("[secret]");
    expect(shown[unitPath]).toMatch(/^ExecStart=\/usr\/local\/bin\/wireproxy --config /m);
  }
});

test("a pair whose nodes run no proxy has no file of wireproxy", () => {
  const topology = parseTopology(labWithEgress({ servers: [wg1] }));
  for (const host of hostsOf(topology))
    expect(JSON.stringify(renderShown(topology, host))).not.toContain("wireproxy");
});

test("a changed config restarts its own instance alone, a changed unit all of them", async () => {
  const host = new ScratchHost();
  const units = ["wireproxy@wg3.service", "wireproxy@wg4.service"];
  for (const unit of units) host.active.add(unit);
  const change = { host, config: undefined, files: [], before: [], units };
  const restarted = async (paths: string[], restart: string[] = []) =>
    (await wireproxy.activate({ ...change, paths, restart: new Set(restart) })).map(
      ({ verb, unit }) => `${verb} ${unit}`,
    );
  expect(await restarted([configPath])).toEqual(["restarted wireproxy@wg3.service"]);
  expect(await restarted([], units)).toEqual(units.map((unit) => `restarted ${unit}`));
  host.remove();
});

test("a config that wireproxy does not understand, or that has no wireproxy, is refused before it is live, without the key", async () => {
  const host = new ScratchHost();
  const { files } = bundleOf("haproxy1");
  host.answer = (line) =>
    line.startsWith("/usr/local/bin/wireproxy --configtest --config ")
      ? { status: 1, stderr: "invalid base64 string: key-of-one" }
      : undefined;
  expect(await wireproxy.complaint?.({ host, folder: host.root, files })).toBe(
    `/${configPath}: invalid base64 string: [secret]`,
  );
  host.answer = () => ({ status: 127, stderr: "ENOENT" });
  expect(await wireproxy.complaint?.({ host, folder: host.root, files })).toBe(
    `/${configPath}: there is no /usr/local/bin/wireproxy: put your wireproxy there, or set its path in egress.wireproxy.binary`,
  );
  host.remove();
});
