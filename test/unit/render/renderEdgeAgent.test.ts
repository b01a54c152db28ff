import { expect, test } from "vitest";
import { Bundle } from "../../../contract/bundle.ts";
import { RoutesConfig } from "../../../contract/routesConfig.ts";
import { UpdatesConfig } from "../../../contract/updates/config.ts";
import { renderHost } from "../../../render/bundle.ts";
import { shownFacts } from "../../../render/hostFacts.ts";
import { roleOf } from "../../../render/roles/roles.ts";
import { secretsOf } from "../../../render/secrets.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { nodesService, updatingPair } from "../../harness/edgePair.ts";
import { labWithPair } from "../fixtures.ts";
import { changed, fileOf, haproxyCfg, hostOf, onNode, shown, topology } from "./edgeFixtures.ts";

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
    external: true,
  });
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
