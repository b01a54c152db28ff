import { expect, test } from "vitest";
import { flowName, flowsOf } from "../../../components/machines/ec2/flows.ts";
import { neededPorts } from "../../../components/machines/hosts/neededPorts.ts";
import { Bundle } from "../../../contract/bundle.ts";
import { retryClasses } from "../../../contract/routes/retries.ts";
import { trafficTables } from "../../../contract/routes/traffic.ts";
import { RoutesConfig } from "../../../contract/routesConfig.ts";
import { UpdatesConfig } from "../../../contract/updates/config.ts";
import { renderHost, renderShown } from "../../../render/bundle.ts";
import { shownFacts } from "../../../render/hostFacts.ts";
import { packagesOf, roleOf } from "../../../render/roles/roles.ts";
import { secretsOf } from "../../../render/secrets.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { edgePair, nodesService, updatingPair } from "../../harness/edgePair.ts";
import { ec2With, labWithPair } from "../fixtures.ts";

const topology = parseTopology(labWithPair(edgePair));
const bare = parseTopology(labWithPair({ edge: {} }));
const without = parseTopology(labWithPair({}));

const hostOf = (of: typeof topology, name: string) => {
  const host = hostsOf(of).find((one) => one.name === name);
  if (!host) throw new Error(`no host ${name}`);
  return host;
};
const shown = (of: typeof topology, name: string) => renderShown(of, hostOf(of, name));
const fileOf = (of: typeof topology, name: string, path: string) => shown(of, name)[path] ?? "";
/** Paths whose text differs from that of a pair without an edge. */
const changed = (of: typeof topology, name: string) => {
  const [before, after] = [shown(without, name), shown(of, name)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((path) => before[path] !== after[path])
    .sort();
};
const haproxyCfg = (of: typeof topology) => fileOf(of, "haproxy1", "etc/haproxy/haproxy.cfg");

const onNode = [
  "etc/hapair/agent.json",
  "etc/hapair/edge.json",
  "etc/hapair/grafana/edge.json",
  "etc/hapair/prometheus/edge.rules.yml",
  "etc/hapair/routes-database.pem",
  "etc/hapair/routes.crt",
  "etc/hapair/routes.json",
  "etc/hapair/routes.key",
  "etc/haproxy/edge.pem",
  "etc/haproxy/haproxy.cfg",
  "etc/haproxy/routes.lua",
  "etc/systemd/system/hapair.service",
  "etc/systemd/system/haproxy.service.d/hapair.conf",
  "etc/ufw/sysctl.conf",
  "etc/ufw/user.rules",
];
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

test("the agent knows the nodes, where it listens, and the same limits of targets", () => {
  const config = RoutesConfig.parse(JSON.parse(fileOf(topology, "haproxy2", "etc/hapair/routes.json")));
  expect(config.peers).toEqual(["haproxy1"]);
  expect(config.listen).toEqual({ address: "0.0.0.0", port: 8407 });
  expect(haproxyCfg(topology)).toContain(`map_str(opt@${config.mapFile})`);
  expect(haproxyCfg(topology)).toContain(`bind ${config.probe.address}:${config.probe.port} name probe\n`);
  expect(config.ownAddresses).toEqual(["10.0.1.100", "10.0.1.20", "10.0.1.21", "10.0.1.30"]);
});

test("a token reaches a node as its SHA-256, the password of the database in a file that only the daemon reads", () => {
  const passwords = { database: "database-word", probe: "probe-word", stats: "stats-word" };
  const pem = { key: "the-key\n", certificate: "the-certificate\n", authority: "the-authority\n" };
  const tokens = { operator: "token-of-the-operator", deployer: "token-of-the-deployer" };
  const secrets = secretsOf(passwords, {
    egressAuthority: "the lab's certificate",
    certificates: { poolers: pem, postgres: pem, edge: pem, routes: pem },
    routes: { database: "routes-word", adminKey: "the-admin-key", tokens },
  });
  for (const name of ["haproxy1", "db1"]) {
    const { text } = renderHost(topology, hostOf(topology, name), secrets, shownFacts(topology));
    for (const secret of ["token-of-the-operator", "token-of-the-deployer", "the-admin-key"])
      expect(text).not.toContain(secret);
    const { files } = Bundle.parse(JSON.parse(text));
    const holders = (secret: string) =>
      files
        .filter((file) => file.text.includes(secret))
        .map(({ path, mode, owner, group }) => `${path} ${mode} ${owner}:${group}`);
    const isNode = name === "haproxy1";
    expect(holders("routes-word")).toEqual(isNode ? ["etc/hapair/routes.json 0640 root:haproxy"] : []);
    expect(holders("the-key")).toEqual(
      isNode
        ? ["etc/hapair/routes.key 0640 root:haproxy", "etc/haproxy/edge.pem 0600 root:root"]
        : ["etc/postgresql/17/main/hapair.key 0600 postgres:postgres"],
    );
  }
});

test("a certificate of a node's own folder is copied from there, and no other is delivered", () => {
  const folder = "/etc/letsencrypt/live/example.com";
  const copy = "/var/lib/hapair-certificate/edge.pem";
  const units = ["path", "timer"].map((kind) => `hapair-certificate.${kind}`);
  const withNames = (names: readonly string[]) =>
    parseTopology(
      labWithPair({ edge: { domains: ["example.com"], tls: { certificate: "folder", folder, names } } }),
    );
  const own = withNames([]);
  expect(Object.keys(shown(own, "haproxy1"))).not.toContain("etc/haproxy/edge.pem");
  expect(haproxyCfg(own)).toContain(` ssl crt ${copy} `);
  expect(haproxyCfg(own)).not.toContain(folder);
  const agentOf = (of: typeof own) => JSON.parse(fileOf(of, "haproxy1", "etc/hapair/agent.json"));
  const agent = agentOf(own);
  expect(agent.node.edge.certificate).toEqual({
    name: copy,
    file: copy,
    // Routes have names of their own: which ones the certificate is to be for, its owner says.
    folder: { path: folder, names: [], refusedFile: "/run/hapair-certificate/refused" },
  });
  const named = agentOf(withNames(["shop.example.com"])).node.edge.certificate;
  expect(named.folder.names).toEqual(["shop.example.com"]);
  expect(agent.certificates).toContainEqual({ file: copy, of: "edge" });
  for (const unit of units) expect(fileOf(own, "haproxy1", `etc/systemd/system/${unit}`)).toContain(folder);
  const enabled = (of: typeof topology) =>
    roleOf(hostOf(of, "haproxy1")).units(hostOf(of, "haproxy1")).enabled;
  expect(enabled(own)).toEqual(expect.arrayContaining(units));
  expect(enabled(topology).join()).not.toContain("certificate");
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

test("an external database of the routes is checked by its own authority, or by those of the host", () => {
  const configOf = (database: object) => {
    const config = labWithPair({ edge: {}, routes: { database } }, { secrets: "config" });
    return RoutesConfig.parse(JSON.parse(fileOf(parseTopology(config), "haproxy1", "etc/hapair/routes.json")))
      .database;
  };
  const address = "db.example.com";
  expect(configOf({ address })).toMatchObject({
    host: address,
    user: "hapair_routes",
    authorityFile: "/etc/ssl/certs/ca-certificates.crt",
  });
  expect(configOf({ address, tls: "off", user: "routes" })).toEqual({
    ...{ host: address, port: 5432, database: "postgres", user: "routes", password: "[secret]" },
  });
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

test("a service that names nodes is told to the daemon of each node, in a file of its own that only it and root read", () => {
  const updating = parseTopology(labWithPair(updatingPair));
  const host = hostOf(updating, "haproxy1");
  const paths = changed(updating, "haproxy1").filter((path) => !onNode.includes(path));
  expect(paths).toEqual(["etc/hapair/updates.json"]);
  const { apiKey } = nodesService;
  const passwords = { database: "d", probe: "p", stats: "s" };
  const certificate = { key: "", certificate: "", authority: "" };
  const secrets = secretsOf(passwords, {
    certificates: { edge: certificate, routes: certificate, postgres: certificate, poolers: certificate },
    routes: { database: "r", adminKey: "a", tokens: { operator: "o", deployer: "e" } },
    updateKey: apiKey,
  });
  const { files } = Bundle.parse(JSON.parse(renderHost(updating, host, secrets, shownFacts(updating)).text));
  const having = files.filter(({ text }) => text.includes(apiKey));
  expect(having).toEqual([
    expect.objectContaining({ path: "etc/hapair/updates.json", mode: "0640", group: "haproxy" }),
  ]);
  expect(UpdatesConfig.parse(JSON.parse(having[0]?.text ?? ""))).toMatchObject({
    ...{ apiKey, host: "ws.apps.example.test", intervalMs: 1000, timeoutMs: 800, confirmAfter: 6 },
    options: { check: { path: "/health", intervalMs: 200, fall: 2, rise: 2 }, websocket: true },
  });
});
