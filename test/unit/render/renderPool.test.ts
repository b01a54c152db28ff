import { describe, expect, test } from "vitest";
import { Bundle } from "../../../contract/bundle.ts";
import { renderHost, renderShown } from "../../../render/bundle.ts";
import { shownFacts } from "../../../render/hostFacts.ts";
import { packagesOf } from "../../../render/roles/roles.ts";
import { secretsOf } from "../../../render/secrets.ts";
import { type Host, hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import type { Topology } from "../../../topology/topology.ts";
import { labWithPair } from "../fixtures.ts";
import { pools } from "../topology/poolFixtures.ts";

type Kind = keyof typeof pools;
const kinds = Object.keys(pools) as Kind[];

function topologyOf(kind: Kind) {
  const { pool, config } = pools[kind];
  return parseTopology(labWithPair({ pool, egress: undefined }, { ...config, lab: {} }));
}

const passwords = { database: 'the "application"', probe: "probe-password", stats: "stats-password" };
const postgres = { key: "postgres-key", certificate: "postgres-certificate", authority: "pair-authority" };
const secrets = secretsOf(passwords, { lookup: "lookup-password", certificates: { postgres } });

const renderedText = (topology: Topology, host: Host) =>
  renderHost(topology, host, secrets, shownFacts(topology)).text;

/** Files that the kind of a pool decides; every other file is the same as in the lab's golden files. */
const decided =
  /^etc\/(pgbouncer|postgresql|haproxy|keepalived)\/|^etc\/hapair\/(agent|roles)|user\.rules$|postgresql@17/;
/** Poolers of one host differ in their port and peer id alone. */
const alike = /^etc\/pgbouncer\/(6433|6434)\.ini$/;

describe.each(kinds)("a pool of the kind %s", (kind) => {
  const topology = topologyOf(kind);
  const files = hostsOf(topology).flatMap((host) =>
    Object.entries(renderShown(topology, host))
      .filter(([path]) => decided.test(path) && !alike.test(path))
      .map(([path, text]) => [`${host.name}/${path}`, text] as const),
  );

  test.each(files)("%s is the golden file", async (path, text) => {
    await expect(text).toMatchFileSnapshot(`../golden/pools/${kind}/${path}`);
  });

  test("shows no password, and keeps each to files that nobody but root or the poolers read", () => {
    const bundles = hostsOf(topology).map(
      (host) => Bundle.parse(JSON.parse(renderedText(topology, host))).files,
    );
    const texts = [...Object.values(passwords), "lookup-password", 'the ""application""', postgres.key];
    const open = bundles
      .flat()
      .filter(({ text }) => texts.some((secret) => text.includes(secret)))
      .filter(
        ({ mode, owner, group }) =>
          mode !== "0600" && `${mode} ${owner} ${group}` !== "0640 postgres postgres",
      );
    expect(open).toEqual([]);
    const shown = files.map(([, text]) => text).join("\n");
    for (const secret of texts) expect(shown).not.toContain(secret);
  });
});

const rendered = (kind: Kind, name: string) => {
  const topology = topologyOf(kind);
  const host = hostsOf(topology).find((one) => one.name === name);
  if (!host) throw new Error(`no host ${name}`);
  return Bundle.parse(JSON.parse(renderedText(topology, host)));
};
const text = (kind: Kind, name: string, path: string) =>
  rendered(kind, name).files.find((file) => file.path === path)?.text;

test("the application's password reaches the poolers of an external database alone, as PgBouncer reads it", () => {
  const userlist = "etc/pgbouncer/userlist.txt";
  expect(text("external", "db1", userlist)).toContain('"shop" "the ""application"""\n');
  for (const kind of ["two-machines", "on-nodes"] as const)
    for (const host of hostsOf(topologyOf(kind)))
      expect(renderedText(topologyOf(kind), host)).not.toContain("application\\");
});

test("poolers on another host than PostgreSQL log in by a password whose verifier PostgreSQL has", () => {
  const userlist = "etc/pgbouncer/userlist.txt";
  expect(text("two-machines", "db2", userlist)).toContain('"hapair_pooler" "lookup-password"');
  expect(text("two-machines", "db1", userlist)).not.toContain("hapair_pooler");
  expect(text("two-machines", "db1", "etc/hapair/roles.sql")).toMatch(
    /ALTER ROLE "hapair_pooler" .* PASSWORD 'SCRAM-SHA-256\$/,
  );
});

test("poolers on another host than PostgreSQL check that they talk to it, and it takes them by TLS alone", () => {
  for (const [kind, remote] of [
    ["two-machines", "db2"],
    ["on-nodes", "haproxy1"],
  ] as const) {
    expect(text(kind, "db1", "etc/postgresql/17/main/hapair.key")).toBe(postgres.key);
    expect(text(kind, "db1", "etc/postgresql/17/main/hapair.crt")).toBe(postgres.certificate);
    expect(text(kind, "db1", "etc/postgresql/17/main/pg_hba.conf")).not.toMatch(/^host /m);
    expect(text(kind, remote, "etc/pgbouncer/6432.ini")).toContain(
      "server_tls_sslmode = verify-full\nserver_tls_ca_file = /etc/pgbouncer/database-ca.pem\n",
    );
    expect(text(kind, remote, "etc/pgbouncer/database-ca.pem")).toBe(`${postgres.authority}\n`);
  }
  expect(text("two-machines", "db1", "etc/pgbouncer/6432.ini")).not.toContain("server_tls");
});

test("an external database has no PostgreSQL on any host", () => {
  for (const kind of ["external", "external-on-nodes"] as const)
    for (const host of hostsOf(topologyOf(kind))) {
      const { units, files } = rendered(kind, host.name);
      expect(units.enabled.filter((unit) => unit.startsWith("postgresql"))).toEqual([]);
      expect(files.filter(({ path }) => path.startsWith("etc/postgresql/"))).toEqual([]);
    }
});

test("each host has the packages of what runs there", () => {
  const packages = (kind: Kind, name: string) => {
    const host = hostsOf(topologyOf(kind)).find((one) => one.name === name);
    const pool = ["ca-certificates", "haproxy", "pgbouncer", "postgresql-17"];
    return host && pool.filter((one) => packagesOf(host).includes(one));
  };
  expect(packages("two-machines", "db1")).toEqual(["pgbouncer", "postgresql-17"]);
  expect(packages("two-machines", "db2")).toEqual(["pgbouncer"]);
  expect(packages("two-machines", "haproxy1")).toEqual(["haproxy"]);
  expect(packages("on-nodes", "haproxy1")).toEqual(["haproxy", "pgbouncer"]);
  expect(packages("on-nodes", "db1")).toEqual(["postgresql-17"]);
  expect(packages("external", "db1")).toEqual(["pgbouncer"]);
});

test("a host has Debian's authorities where its poolers check an external database by them", () => {
  const { machines, database } = pools.external.pool;
  const packages = (external: object) =>
    hostsOf(
      parseTopology(
        labWithPair(
          { pool: { machines, database: { ...database, external } }, egress: undefined },
          { ...pools.external.config, lab: {} },
        ),
      ),
    )
      .filter((host) => packagesOf(host).includes("ca-certificates"))
      .map(({ name }) => name);
  expect(packages({ address: "db.example.com" })).toEqual(["db1"]);
  expect(packages({ address: "db.example.com", tls: "require" })).toEqual([]);
  expect(packages(database.external)).toEqual([]);
});

test("PostgreSQL that listens on its address, for poolers or for direct clients, starts once that is there", () => {
  const dropIn = "etc/systemd/system/postgresql@17-main.service.d/hapair.conf";
  const settings = "etc/postgresql/17/main/conf.d/hapair.conf";
  const machines = [{ name: "db1", address: "10.0.1.30" }];
  for (const [pool, listens] of [
    [{ machines }, false],
    [{ machines, directClients: ["10.0.1.10/32"] }, true],
    [pools["two-machines"].pool, true],
  ] as const) {
    const topology = parseTopology(labWithPair({ pool, egress: undefined }, { lab: {} }));
    const db1 = hostsOf(topology).find(({ name }) => name === "db1");
    const files = db1 && renderShown(topology, db1);
    expect(files?.[settings]?.includes("10.0.1.30")).toBe(listens);
    expect(files?.[dropIn]?.includes("network-online.target")).toBe(listens);
  }
});
