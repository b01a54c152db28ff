import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Bundle } from "../../../contract/bundle.ts";
import { renderHost, renderShown } from "../../../render/bundle.ts";
import { shownFacts } from "../../../render/hostFacts.ts";
import { scramVerifier, secretsOf } from "../../../render/secrets.ts";
import { databaseUrl, jdbcUrl } from "../../../render/services/postgresql.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { labConfig, labWithPair } from "../fixtures.ts";

const lab = parseTopology(labConfig());
const passwords = { database: "database-password", probe: "probe-password", stats: "stats-password" };
const internet = { key: "the lab's key", certificate: "the lab's certificate" };
const secrets = { ...secretsOf(passwords, { egressAuthority: internet.certificate }), internet };
const secretTexts = [...Object.values(passwords), internet.key];

describe.each(hostsOf(lab).map((host) => [host.name, host] as const))("%s of a lab", (name, host) => {
  test.each(Object.entries(renderShown(lab, host)))("%s is the golden file", async (path, text) => {
    await expect(text).toMatchFileSnapshot(`../golden/lab/${name}/${path}`);
  });

  test("renders to the same bytes each time, named by their sha256", () => {
    const once = renderHost(lab, host, secrets, shownFacts(lab));
    expect(renderHost(lab, host, secrets, shownFacts(lab))).toEqual(once);
    expect(once.sha256).toBe(createHash("sha256").update(once.text).digest("hex"));
  });

  test("keeps each password and key to files of mode 0600", () => {
    const { files } = Bundle.parse(JSON.parse(renderHost(lab, host, secrets, shownFacts(lab)).text));
    const open = files.filter(({ text }) => secretTexts.some((secret) => text.includes(secret)));
    expect(open.filter(({ mode }) => mode !== "0600")).toEqual([]);
  });
});

test("the application's password reaches no host in plain text", () => {
  for (const host of hostsOf(lab)) {
    expect(renderHost(lab, host, secrets, shownFacts(lab)).text).not.toContain(passwords.database);
  }
});

test("what is shown holds no password, no verifier of one and no key", () => {
  const shown = hostsOf(lab)
    .flatMap((host) => Object.values(renderShown(lab, host)))
    .join("\n");
  for (const secret of secretTexts) expect(shown).not.toContain(secret);
  expect(shown).not.toContain("SCRAM-SHA-256$");
});

test("every node names all its peers and not itself", () => {
  const five = Array.from({ length: 5 }, (_, index) => ({
    name: `n${index}`,
    address: `10.0.1.${50 + index}`,
  }));
  const topology = parseTopology(labWithPair({ nodes: five }));
  for (const host of hostsOf(topology).filter(({ role }) => role === "node")) {
    const keepalived = renderShown(topology, host)["etc/keepalived/keepalived.conf"] ?? "";
    const peers = /unicast_peer \{([^}]*)\}/.exec(keepalived)?.[1]?.trim().split(/\s+/);
    expect(peers).toEqual(five.map(({ address }) => address).filter((address) => address !== host.address));
  }
});

test("the firewall accepts VRRP from the peer only, and clients from the configured networks only", () => {
  const topology = parseTopology(labWithPair({}, { firewall: { clients: ["10.0.1.128/25"] } }));
  const node = hostsOf(topology).find(({ name }) => name === "haproxy1");
  const rules = (node && renderShown(topology, node)["etc/ufw/user.rules"]) ?? "";
  const accepted = rules
    .split("\n")
    .filter((line) => line.endsWith("-j ACCEPT") && line.startsWith("-A ufw-user-input"));
  expect(accepted.filter((line) => line.includes("vrrp"))).toEqual([
    "-A ufw-user-input -i host0 -p vrrp -d 10.0.1.20 -s 10.0.1.21 -j ACCEPT",
  ]);
  expect(accepted.filter((line) => line.includes("--dport 5432"))).toEqual([
    "-A ufw-user-input -i host0 -p tcp --dport 5432 -d 10.0.1.100 -s 10.0.1.128/25 -j ACCEPT",
  ]);
});

test("logs go to the log server where one is set, ahead of Debian's rule that stops the processing of haproxy's lines", () => {
  const topology = parseTopology(labWithPair({}, { syslog: { address: "10.0.1.5" } }));
  for (const host of hostsOf(topology)) {
    const path = Object.keys(renderShown(topology, host)).find((path) => path.startsWith("etc/rsyslog.d/"));
    expect(path && path < "etc/rsyslog.d/49-haproxy.conf").toBe(true);
  }
});

test("a pair without a pool has no SQL frontend and no proof by a query", () => {
  const topology = parseTopology(labWithPair({ pool: undefined }));
  expect(hostsOf(topology).map(({ role }) => role)).toEqual(["internet", "node", "node"]);
  const node = hostsOf(topology).find(({ role }) => role === "node");
  const shown = node ? renderShown(topology, node) : {};
  expect(shown["etc/haproxy/haproxy.cfg"]).not.toContain("postgresql");
  expect(JSON.parse(shown["etc/hapair/agent.json"] ?? "{}").node.pool).toBeUndefined();
});

test("role and database may be SQL keywords: names are quoted where PostgreSQL reads them as identifiers", () => {
  const machines = [{ name: "db1", address: "10.0.1.30" }];
  const pool = { machines, database: { name: "order", user: "user" } };
  const topology = parseTopology(labWithPair({ pool }));
  const host = hostsOf(topology).find(({ role }) => role === "pool");
  const roles = (host && renderShown(topology, host)["etc/hapair/roles.sql"]) ?? "";
  expect(roles).toContain(`'CREATE ROLE "user"'`);
  expect(roles).toContain(`'CREATE DATABASE "order" OWNER "user"'`);
  expect(roles.replaceAll(/"[^"]*"|= '[^']*'/g, "")).not.toMatch(/\b(user|order)\b/);
});

test("any password, role and database survives encoding in a URL, and in one for JDBC", () => {
  const pool = hostsOf(lab).flatMap((host) => (host.role === "pool" ? [host.pool] : []))[0];
  if (!pool) throw new Error("the lab has no pool");
  const text = fc.string({ unit: "grapheme", minLength: 1 });
  const databaseName = text.filter((name) => !/^\.\.?$/.test(name));
  fc.assert(
    fc.property(text, text, databaseName, (password, user, name) => {
      const database = { ...pool.database, user, name };
      const printed = databaseUrl({ ...pool, database }, password, "10.0.1.100:5432");
      const url = new URL(printed);
      const read = [url.username, url.password, url.pathname.slice(1)].map(decodeURIComponent);
      expect(read).toEqual([user, password, name]);
      const jdbc = new URL(jdbcUrl(printed).replace(/^jdbc:/, ""));
      expect(decodeURIComponent(jdbc.pathname.slice(1))).toBe(name);
      expect([jdbc.searchParams.get("user"), jdbc.searchParams.get("password")]).toEqual([user, password]);
    }),
  );
});

test("a verifier stays the same for a role and its password, and differs between roles", () => {
  expect(scramVerifier("app", "pencil")).toBe(scramVerifier("app", "pencil"));
  expect(scramVerifier("app", "pencil")).not.toBe(scramVerifier("other", "pencil"));
});
