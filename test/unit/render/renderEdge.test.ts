import { expect, test } from "vitest";
import { flowName, flowsOf } from "../../../components/machines/ec2/flows.ts";
import { neededPorts } from "../../../components/machines/hosts/neededPorts.ts";
import { retryClasses } from "../../../contract/routes/retries.ts";
import { trafficTables } from "../../../contract/routes/traffic.ts";
import { packagesOf } from "../../../render/roles/roles.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { edgePair, updatingPair } from "../../harness/edgePair.ts";
import { ec2With, labWithPair } from "../fixtures.ts";
import { bare, changed, fileOf, haproxyCfg, hostOf, onNode, topology, without } from "./edgeFixtures.ts";

const onPool = [
  "etc/hapair/agent.json",
  "etc/hapair/roles.sql",
  "etc/postgresql/17/main/conf.d/hapair.conf",
  "etc/postgresql/17/main/hapair.crt",
  "etc/postgresql/17/main/hapair.key",
  "etc/postgresql/17/main/pg_hba.conf",
  "etc/systemd/system/postgresql@17-main.service.d/hapair.conf",
  "etc/ufw/user.rules",
];

test("an edge with routes changes haproxy, agent and firewall of a node, and the login to PostgreSQL", () => {
  for (const name of ["haproxy1", "haproxy2"]) expect(changed(topology, name)).toEqual(onNode);
  expect(changed(topology, "db1")).toEqual(onPool);
  expect(changed(topology, "internet")).toEqual([]);
});

test("an edge alone changes haproxy, its certificate, the agent and the firewall, and nothing of the pool", () => {
  expect(changed(bare, "haproxy1")).toEqual([
    "etc/hapair/agent.json",
    "etc/hapair/edge.json",
    "etc/hapair/grafana/edge.json",
    "etc/hapair/prometheus/edge.rules.yml",
    "etc/haproxy/edge.pem",
    "etc/haproxy/haproxy.cfg",
    "etc/ufw/sysctl.conf",
    "etc/ufw/user.rules",
  ]);
  expect(changed(bare, "db1")).toEqual([]);
  expect(haproxyCfg(bare)).not.toContain("8408");
});

test("an edge whose routes were removed reads none from the file that they have left", () => {
  expect(haproxyCfg(topology)).toContain("routes_by_host.map");
  expect(haproxyCfg(bare)).not.toContain("routes_by_host.map");
});

test("the login of the routes is kept from the poolers where it is made, and ends where it is not wanted", () => {
  const roles = (of: typeof topology) => fileOf(of, "db1", "etc/hapair/roles.sql");
  expect(roles(topology)).toContain("AND rolname <> ''hapair_routes''");
  expect(roles(topology)).not.toContain("NOLOGIN");
  expect(roles(bare)).not.toContain("rolname <>");
  expect(roles(bare)).toContain(`'ALTER ROLE "hapair_routes" NOLOGIN PASSWORD NULL'`);
});

test("a route that takes WebSockets passes no other protocol of an upgrade on", () => {
  const lines = haproxyCfg(topology).split("\n");
  const set = lines.filter((line) => line.includes("set-header upgrade websocket if websocket"));
  // Of routes with one target, and of those with several.
  expect(set).toHaveLength(2);
});

test.each([
  ...onNode.map((path) => ["haproxy1", path] as const),
  ...onPool.map((path) => ["db1", path] as const),
])("%s: %s with an edge and routes is the golden file", async (name, path) => {
  await expect(fileOf(topology, name, path)).toMatchFileSnapshot(`../golden/edge/${name}/${path}`);
});

test("what counts the traffic of routes has the tables that the agent reads", () => {
  for (const table of Object.values(trafficTables))
    expect(haproxyCfg(topology)).toMatch(
      new RegExp(`^backend ${table}\n +stick-table type string .* store .*gpc\\(`, "m"),
    );
});

test("an edge without routes has no alert and no panel of them", () => {
  for (const path of ["etc/hapair/prometheus/edge.rules.yml", "etc/hapair/grafana/edge.json"]) {
    expect(fileOf(bare, "haproxy1", path)).toContain("haproxy_frontend_");
    expect(fileOf(bare, "haproxy1", path)).not.toMatch(
      /hapair_(?:routes|api)_|hapair_edge_(?!certificate_)|\$route/,
    );
  }
});

test("the updater has alerts and panels where a service names nodes, and nowhere else", () => {
  const updating = parseTopology(labWithPair(updatingPair));
  for (const path of ["etc/hapair/prometheus/edge.rules.yml", "etc/hapair/grafana/edge.json"]) {
    expect(fileOf(updating, "haproxy1", path)).toContain("hapair_updates_failing");
    expect(fileOf(topology, "haproxy1", path)).not.toContain("hapair_updates_");
    expect(fileOf(topology, "haproxy1", path)).toContain("hapair_routes_fixed_up");
  }
});

test("every listener of the edge is on the virtual address or loopback, and the nodes' own is on the node's", () => {
  const binds = [...haproxyCfg(topology).matchAll(/^ {4}bind (\S+)/gm)].map(([, at]) => at);
  expect(binds.filter((at) => /:(8080|84\d\d)$/.test(at ?? ""))).toEqual([
    "10.0.1.20:8406",
    "10.0.1.100:8080",
    "127.0.0.1:8080",
    "10.0.1.100:8443",
    "127.0.0.1:8443",
    "127.0.0.1:8408",
    ":8404",
  ]);
});

test("haproxy has room for the connections of the edge beside those of all others", () => {
  const most = (of: typeof topology) => Number(/^ {4}maxconn (\d+)$/m.exec(haproxyCfg(of))?.[1]);
  expect(most(bare) - most(without)).toBe(4000);
});

test("clients reach the edge, operators the API, and only the other node what the nodes tell each other", () => {
  const firewall = { clients: ["10.0.1.128/25"], admin: ["10.0.1.10/32"] };
  const narrow = parseTopology(labWithPair(edgePair, { firewall }));
  const open = (of: typeof topology, port: number) =>
    fileOf(of, "haproxy1", "etc/ufw/user.rules")
      .split("\n")
      .filter((line) => line.startsWith("-A ufw-user-input") && line.includes(`--dport ${port} `))
      .map((line) => /-d (\S+) -s (\S+)/.exec(line)?.slice(1).join(" from "));
  expect(open(narrow, 8080)).toEqual(["10.0.1.100 from 10.0.1.128/25"]);
  expect(open(narrow, 8443)).toEqual(["10.0.1.100 from 10.0.1.128/25"]);
  expect(open(narrow, 8407)).toEqual(["10.0.1.100 from 10.0.1.10/32", "10.0.1.20 from 10.0.1.10/32"]);
  expect(open(narrow, 8406)).toEqual(["10.0.1.20 from 10.0.1.21"]);
  expect(open(narrow, 8408)).toEqual([]);
  const world = parseTopology(labWithPair({ edge: { allow: ["0.0.0.0/0"] } }, { firewall }));
  expect(open(world, 8443)).toEqual(["10.0.1.100 from 0.0.0.0/0"]);
});

test("no route leads to loopback, to the metadata of a cloud or to the pair itself, unless that is allowed", () => {
  const forbidden = (of: typeof topology) =>
    [...haproxyCfg(of).matchAll(/^ {4}acl forbidden var\(txn\.address\) -m ip (.+)$/gm)].flatMap(
      ([, networks = ""]) => networks.split(" "),
    );
  const metadata = ["169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32"];
  const all = ["0.0.0.0/8", "127.0.0.0/8", ...metadata, "224.0.0.0/4", "240.0.0.0/4"];
  const own = ["10.0.1.100", "10.0.1.20", "10.0.1.21", "10.0.1.30"];
  expect(forbidden(topology)).toEqual([...all, ...own]);
  // All backends of routes with one target have the rules of this section.
  for (const { name } of retryClasses)
    expect(haproxyCfg(topology)).toContain(`\nbackend edge-retries${name} from edge-retries\n`);
  const routes = { ...edgePair.routes, allowedTargets: ["10.0.1.30/32"], deniedTargets: [] };
  const allowing = parseTopology(labWithPair({ ...edgePair, routes }));
  expect(haproxyCfg(allowing)).toContain("if forbidden !allowed\n");
  expect(haproxyCfg(topology)).not.toContain("!allowed");
});

test("networks of targets stand in lines that haproxy reads whole, of at most 64 words, however many they are", () => {
  const deniedTargets = Array.from({ length: 100 }, (_, number) => `10.0.9.${number}/32`);
  const routes = { ...edgePair.routes, deniedTargets };
  const lines = haproxyCfg(parseTopology(labWithPair({ ...edgePair, routes })))
    .split("\n")
    .filter((line) => line.includes("acl denied var(txn.address)"));
  expect(Math.max(...lines.map((line) => line.trim().split(" ").length))).toBeLessThanOrEqual(64);
  const networks = new Set(lines.flatMap((line) => line.split(" ").filter((word) => word.endsWith("/32"))));
  expect([...networks]).toEqual(deniedTargets);
});

test("haproxy's map of routes stands in one place: every further one would be a map of its own", () => {
  expect(haproxyCfg(topology).match(/map_str\(opt@[^)]*routes/g)).toHaveLength(1);
});

test("HTTP is sent to HTTPS on the port that a browser has to name, or on none", () => {
  const redirect = (port: number) =>
    /redirect location (\S+)/.exec(
      haproxyCfg(parseTopology(labWithPair({ edge: { tls: { port, redirect: true } } }))),
    )?.[1];
  expect(redirect(8443)).toBe("https://%[req.hdr(host),host_only]:8443%[pathq]");
  expect(redirect(443)).toBe("https://%[req.hdr(host),host_only]%[pathq]");
  expect(haproxyCfg(bare)).not.toContain("redirect");
});

test("ports and packages of the edge are asked for where machines exist already", () => {
  const host = hostOf(topology, "haproxy1");
  if (host.role !== "node") throw new Error("haproxy1 is no node");
  expect(packagesOf(host)).toContain("ca-certificates");
  const ports = neededPorts(host).filter(({ key }) => /^(edge|routes)\./.test(key));
  expect(ports.map(({ port, program }) => `${port} ${program}`)).toEqual([
    ...["8080 haproxy", "8443 haproxy", "8406 haproxy", "8407 hapair", "8408 haproxy"],
  ]);
});

test("security groups of EC2 let the same through", () => {
  const config = ec2With({}, { admin: ["203.0.113.7/32"] }) as { pairs: [object] };
  const ec2 = parseTopology({ ...config, pairs: [{ ...config.pairs[0], ...edgePair }] });
  if (ec2.target.kind !== "ec2") throw new Error("not on EC2");
  const names = flowsOf(ec2.target, ec2).map(flowName);
  expect(names.filter((name) => /-(8080|8443|8406|8407|8408)-/.test(name))).toEqual([
    "pg-nodes-in-tcp-8080-from-10.0.1.10/32",
    "pg-nodes-in-tcp-8443-from-10.0.1.10/32",
    "pg-nodes-in-tcp-8407-from-203.0.113.7/32",
    "pg-nodes-out-tcp-8406-to-pg-nodes",
    "pg-nodes-in-tcp-8406-from-pg-nodes",
  ]);
  expect(names).toEqual(
    expect.arrayContaining(["pg-nodes-out-tcp-5432-to-pg-pool", "pg-nodes-out-tcp-to-0.0.0.0/0"]),
  );
});
