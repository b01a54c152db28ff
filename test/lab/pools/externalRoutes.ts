import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../client/index.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { signed } from "../../harness/certificates.ts";
import { liveBundle, must } from "../hosts/onHost.ts";
import { externalPool, rollOutExternal } from "./external.ts";
import { external, externalSql, resolveTo } from "./externalPostgres.ts";
import { db1, db2, nodes, type PoolLab } from "./poolLab.ts";

const database = {
  name: "routing",
  user: "edge routes",
  password: 'another "quoted" password',
} as const;
const secrets = {
  "routes.pg.adminKey": "key-of-the-administrator-0123456789abcdef",
  "routes.pg.tokens.admin": "token-of-the-administrator-0123456789abcdef",
};
const domain = "apps.example.test";
const settled = { timeout: 30_000, interval: 200 };

/** A pair whose routes are in a PostgreSQL that the project knows nothing of, as a role and in a database of their own. */
export function externalRoutesTests(lab: () => PoolLab, ca: () => string): void {
  const authority = signed("authority of the edge");
  const shown = signed("edge", authority, `DNS:*.${domain}`);
  const sql = (query: string, of: string = database.name) => externalSql(lab().lab, query, of);
  const api = async () => {
    const { routesAuthority = "", reach, routesUrl = "" } = (await lab().outputs()).pairs.pg ?? {};
    return connect({
      ...{ url: reach?.routesUrl ?? "", token: secrets["routes.pg.tokens.admin"], ca: routesAuthority },
      serverName: new URL(routesUrl).hostname,
    });
  };
  const add = async (label: string) => (await api()).addHttpRoute("tests", label, "http://10.0.1.10:3000");
  const appliedOn = (label: string) =>
    add(label).then(
      (answer) => [...answer.appliedOn].sort(),
      (error: Error) => error.message,
    );

  const rollOutRoutes = (password: string = database.password) => {
    const { pair, ...rest } = externalPool({ address: external.name, ca: ca() });
    const { name, user } = database;
    const place = { address: external.name, port: external.port, name, user, ca: ca() };
    // The machines of the lab permit 20,000 open files.
    const edge = { domains: [domain], maxConnections: 1000, tls: { certificate: "given" } };
    const change = { ...rest, pair: { ...pair, edge, routes: { database: place } } };
    const all = {
      ...secrets,
      "routes.pg.database": password,
      "certificates.pg.edge.certificate": shown.certificate,
      "certificates.pg.edge.key": shown.key,
    };
    return rollOutExternal(lab(), change, external.password, all);
  };

  beforeAll(async () => {
    await sql(`create role "${database.user}" login password '${database.password}'`, "postgres");
    await sql(`create database ${database.name} owner "${database.user}"`, "postgres");
    await resolveTo(lab().lab, nodes, external.addresses[0]);
  });
  afterAll(async () => {
    await resolveTo(lab().lab, nodes, external.addresses[0]);
  });

  it("are refused with a wrong password by path and remedy, before a host changes", async () => {
    const bundles = () =>
      Promise.all(
        [...nodes, db1.name, db2.name].map(async (name) => (await liveBundle(lab().lab, name)).sha),
      );
    const before = await bundles();
    await expect(rollOutRoutes("wrong")).rejects.toThrow(
      /routes\.database: \S+:5433 refuses the role edge routes: password authentication failed.*: correct routes\.database\.user and the secret routes\.PAIR\.database/,
    );
    expect(await bundles()).toEqual(before);
  });

  it("are there as that role's, over TLS, on both nodes, and nowhere else", async () => {
    await rollOutRoutes();
    await expect.poll(() => appliedOn("shop"), settled).toEqual(nodes);
    expect(await sql("select host from hapair_routes.current")).toBe(`shop.${domain}`);
    const sessions = `select distinct usename || ' ' || ssl from pg_stat_ssl join pg_stat_activity using (pid) where datname = '${database.name}' and usename <> 'postgres'`;
    expect(await sql(sessions)).toBe(`${database.user} true`);
    const schemas = "select count(*) from pg_namespace where nspname = 'hapair_routes'";
    expect(await sql(schemas, external.database)).toBe("0");
  });

  it("are served with the certificate that the stack's secrets have", async () => {
    const file = join(lab().stack.home.folder, "edge-authority.pem");
    writeFileSync(file, authority.certificate);
    const ask = (host: string) =>
      exec(lab().lab, "app", [
        ...["curl", "--silent", "--cacert", file, "--output", "/dev/null", "--write-out", "%{http_code}"],
        ...["--resolve", `${host}:8443:10.0.1.100`, `https://${host}:8443/`],
      ]);
    expect(await ask(`nobody.${domain}`)).toMatchObject({ exitCode: 0, stdout: "404" });
    // curl(1): the certificate is not for that name.
    expect(await ask("nobody.example.test")).toMatchObject({ exitCode: 60 });
  });

  it("are followed to where the database's name leads, once its old address does not answer", async () => {
    const [old, other] = external.addresses;
    const address = (verb: string, which: string) =>
      must(lab().lab, external.machine, ["ip", "address", verb, `${which}/24`, "dev", "host0"]);
    await address("replace", other);
    await resolveTo(lab().lab, nodes, other);
    await address("delete", old);
    try {
      await expect.poll(() => appliedOn("moved"), settled).toEqual(nodes);
    } finally {
      await address("replace", old);
    }
  });
}
