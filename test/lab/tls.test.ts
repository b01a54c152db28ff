import { X509Certificate } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { shippedStack } from "../../cli/config/stackConfig.ts";
import { outputsOf } from "../../cli/engine/outputs.ts";
import { exec } from "../../lab/machine/exec.ts";
import { postgresUnit } from "../../render/services/postgresql.ts";
import { signed } from "../harness/certificates.ts";
import { must } from "./hosts/onHost.ts";
import { ask } from "./pair/client.ts";
import { type LabPair, labPair, labPool, roles } from "./pair/labPair.ts";
import { status } from "./pools/poolLab.ts";
import { askByJdbc } from "./tls/jdbc.ts";
import { logInByPsycopg } from "./tls/psycopg.ts";

/** A stack whose poolers want TLS, with a certificate that the stack has made. */
const name = "db.example.test";
let pair: LabPair | undefined;

beforeAll(async () => {
  pair = await labPair("t-tls", withTls({ mode: "required" }));
});

afterAll(() => pair?.remove());

function lab(): LabPair {
  if (pair === undefined) throw new Error("the pair is not up");
  return pair;
}

/** The change of a pair's config for these settings of TLS. */
function withTls(tls: Readonly<Record<string, unknown>>) {
  return { pool: { ...labPool, tls: { names: [name], ...tls } } };
}

it("psql by the printed URL verifies the certificate of the virtual address, also after a failover", async () => {
  const url = await databaseUrl();
  expect(new URL(url).searchParams.get("sslmode")).toBe("verify-full");
  expect(await psql(url, "select 1")).toMatchObject({ exitCode: 0, stdout: "1" });
  const { holder, backup } = await roles(lab());
  await must(lab().lab, holder, ["systemctl", "restart", "keepalived"]);
  await expect
    .poll(
      () =>
        roles(lab())
          .then((now) => now.holder)
          .catch(() => ""),
      { timeout: 10_000 },
    )
    .toBe(backup);
  expect(await psql(url, "select 1")).toMatchObject({ exitCode: 0, stdout: "1" });
});

it("a client that trusts another authority, or expects another name, refuses the certificate", async () => {
  const other = new URL(await databaseUrl());
  other.searchParams.set("sslrootcert", "/etc/ssl/certs/ca-certificates.crt");
  expect((await psql(other.toString(), "select 1")).stderr).toMatch(
    /certificate verify failed|unable to get local issuer/,
  );
  const renamed = await exec(lab().lab, "app", [
    "env",
    `PGHOSTADDR=${lab().pair.vip.address}`,
    "psql",
    (await databaseUrl()).replace(lab().pair.vip.address, "other.example.test"),
    "-Atc",
    "select 1",
  ]);
  expect(renamed.stderr).toContain('does not match host name "other.example.test"');
});

it("a client without TLS is refused, and told so", async () => {
  const plain = new URL(await databaseUrl());
  plain.searchParams.set("sslmode", "disable");
  plain.searchParams.delete("sslrootcert");
  const { exitCode, stderr } = await psql(plain.toString(), "select 1");
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(/SSL required/);
});

it("the port for sessions has the same certificate, and refuses a client without TLS", async () => {
  const { pairs } = await outputsOf(lab().stack.home, shippedStack);
  const url = new URL(pairs.pg?.sessionUrl ?? "");
  expect(url.port).toBe(String(lab().pool.session.port));
  expect(await psql(url.toString(), "select 1")).toMatchObject({ exitCode: 0, stdout: "1" });
  url.searchParams.set("sslmode", "disable");
  url.searchParams.delete("sslrootcert");
  expect((await psql(url.toString(), "select 1")).stderr).toMatch(/SSL required/);
});

it("JDBC and psycopg connect by the URL as printed", async () => {
  const { pairs } = await outputsOf(lab().stack.home, shippedStack);
  expect(await askByJdbc(lab().lab, pairs.pg?.jdbcUrl ?? "", "select 1")).toBe("1");
  expect(await logInByPsycopg(lab().lab, pairs.pg?.databaseUrl ?? "")).toBe("in");
});

it("a cancel request ends a query of a session with TLS", async () => {
  const url = await databaseUrl();
  const begun = Date.now();
  const slow = ["-c", "set statement_timeout = '20s'", "-c", "select pg_sleep(15)"];
  const { stderr } = await exec(lab().lab, "app", ["timeout", "-s", "INT", "2", "psql", url, ...slow]);
  expect(stderr).toContain("canceling statement due to user request");
  expect(Date.now() - begun).toBeLessThan(12_000);
});

it("the health checks of the nodes leave no line in the poolers' logs", async () => {
  const { db, pool } = lab();
  const units = [...pool.ports, ...pool.session.ports].flatMap((port) => ["-u", `pgbouncer@${port}`]);
  /** Their lines since a time, but for PgBouncer's statistics of each minute. */
  const linesSince = async (since: string) => {
    const argv = ["journalctl", "--quiet", "--output=cat", `--since=@${since}`, ...units];
    const { stdout } = await must(lab().lab, db.name, argv);
    return stdout.split("\n").filter((line) => line !== "" && !line.includes(" LOG stats: "));
  };
  const now = async () => (await must(lab().lab, db.name, ["date", "+%s.%N"])).stdout;
  const before = await now();
  const plain = new URL(await databaseUrl());
  plain.searchParams.set("sslmode", "disable");
  await psql(plain.toString(), "select 1");
  await expect
    .poll(() => linesSince(before), { timeout: 5000 })
    .toContainEqual(expect.stringContaining("SSL required"));
  const quiet = await now();
  // Some eighty checks, and no client.
  await setTimeout(10_000);
  expect(await linesSince(quiet)).toEqual([]);
});

it("the poolers are up for the nodes while PostgreSQL is stopped", async () => {
  const { db, pair } = lab();
  const states = async () => {
    const found = await Promise.all(pair.nodes.map((node) => status(lab().lab, node.name)));
    return new Set(found.flatMap(({ node }) => node.servers.map(({ state }) => state)));
  };
  await must(lab().lab, db.name, ["systemctl", "stop", postgresUnit]);
  try {
    // Three failed checks would mark them down within two seconds.
    await setTimeout(5000);
    expect(await states()).toEqual(new Set(["UP"]));
  } finally {
    await must(lab().lab, db.name, ["systemctl", "start", postgresUnit]);
  }
  const url = lab().forwardedUrl;
  await expect.poll(() => ask(url, "select 1").catch(String), { timeout: 20_000 }).toBe(1);
});

it("a renewed certificate reaches new connections, and none of 500 connections ends", async () => {
  const before = await shownCertificate();
  const clients = await Promise.all(Array.from({ length: 500 }, () => connected(lab().forwardedUrl)));
  const ended: string[] = [];
  for (const client of clients) client.on("error", ({ message }) => ended.push(message));
  try {
    await lab().configure(withTls({ mode: "required", serial: 2 }));
    await expect.poll(shownCertificate, { timeout: 10_000 }).not.toBe(before);
    for (const client of clients) expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(ended).toEqual([]);
    expect(await ask(lab().forwardedUrl, "select 1")).toBe(1);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}, 300_000);

it("a certificate of one's own, and its renewal, reach new connections, and no connection ends", async () => {
  const names = ["IP:127.0.0.1", `IP:${lab().pair.vip.address}`, `DNS:${name}`].join();
  const authority = signed("authority of the test");
  /** Gives the pair a new certificate. @returns its fingerprint */
  const give = async () => {
    const { key, certificate } = signed("db", authority, names);
    const pg = { key, certificate, authority: authority.certificate };
    await lab().configure(withTls({ mode: "required", certificate: "given" }), { certificates: { pg } });
    // Puts the authority where the URLs name it.
    await databaseUrl();
    return new X509Certificate(certificate).fingerprint256;
  };
  const clients = await Promise.all(Array.from({ length: 50 }, () => connected(lab().forwardedUrl)));
  const ended: string[] = [];
  for (const client of clients) client.on("error", ({ message }) => ended.push(message));
  try {
    for (const _ of ["the first", "its renewal"]) {
      const fingerprint = await give();
      await expect.poll(shownCertificate, { timeout: 10_000 }).toBe(fingerprint);
      expect(await psql(await databaseUrl(), "select 1")).toMatchObject({ exitCode: 0, stdout: "1" });
    }
    for (const client of clients) expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(ended).toEqual([]);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}, 300_000);

it("with TLS offered, clients with it and without it are served", async () => {
  await lab().configure(withTls({ mode: "offered", serial: 2 }));
  const url = await databaseUrl();
  const plain = new URL(url);
  plain.searchParams.set("sslmode", "disable");
  for (const each of [url, plain.toString()])
    expect(await psql(each, "select 1")).toMatchObject({ exitCode: 0, stdout: "1" });
}, 120_000);

/** The URL as it is printed, with the authority in a file of this machine. */
async function databaseUrl(): Promise<string> {
  const { pairs } = await outputsOf(lab().stack.home, shippedStack);
  return pairs.pg?.databaseUrl ?? "";
}

/** Runs psql on the lab's application server. */
function psql(url: string, statement: string) {
  return exec(lab().lab, "app", ["psql", url, "-Atc", statement]);
}

async function connected(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 20_000 });
  await client.connect();
  return client;
}

/** Fingerprint of the certificate that a pooler shows a new client. */
async function shownCertificate(): Promise<string> {
  const client = await connected(lab().forwardedUrl);
  try {
    const { stream } = client.connection;
    return stream instanceof TLSSocket ? stream.getPeerCertificate().fingerprint256 : "none";
  } finally {
    await client.end();
  }
}
