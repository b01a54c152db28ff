import { expect, it } from "vitest";
import { rollOut } from "../../../cli/rollOut.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { apply, liveBundle, withFile } from "../hosts/onHost.ts";
import { ask } from "../pair/client.ts";
import { external, resolveTo } from "./externalPostgres.ts";
import {
  connections,
  db1,
  db2,
  type PoolLab,
  poolersOfHost,
  poolersUp,
  ports,
  session,
  status,
  withPool,
} from "./poolLab.ts";

/** A pool of two machines in front of a PostgreSQL that exists already. */
export const externalPool = (
  place: Readonly<Record<string, unknown>>,
  { name = external.database, user = external.user }: { name?: string; user?: string } = {},
) =>
  withPool(
    {
      machines: [db1, db2],
      ports,
      session,
      database: { name, user, external: { port: external.port, ...place } },
    },
    { secrets: "config" },
  );

const machines = [db1.name, db2.name];

/** @param secrets further ones than the application's password, by their paths below `hapair:` */
export async function rollOutExternal(
  { stack }: PoolLab,
  change: ReturnType<typeof externalPool>,
  password: string = external.password,
  secrets: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { stack: opened, topology } = await stack.open(change);
  const all = { "passwords.pg.database": password, "passwords.pg.stats": "stats-password", ...secrets };
  for (const [path, value] of Object.entries(all))
    await opened.setConfig(`hapair:${path}`, { value, secret: true }, true);
  await rollOut(Promise.resolve(opened), topology);
}

/** Each begins with the pool of the tests before, and changes nothing. */
export function refusedTests(lab: () => PoolLab, ca: () => string): void {
  const named = () => ({ address: external.name, ca: ca() });
  const cases: readonly [string, () => Promise<void>, RegExp][] = [
    [
      "a role that it does not have",
      () => rollOutExternal(lab(), externalPool(named(), { user: "nobody_knows" })),
      /refuses the role nobody_knows: password authentication failed.*: correct pool\.database\.user and the secret/,
    ],
    [
      "a wrong password",
      () => rollOutExternal(lab(), externalPool(named()), "wrong"),
      /refuses the role shop: password authentication failed.*: correct pool\.database\.user and the secret/,
    ],
    [
      "a database that it does not have",
      () => rollOutExternal(lab(), externalPool(named(), { name: "no_such" })),
      /database "no_such" does not exist: correct pool\.database\.name/,
    ],
    [
      "a certificate of another authority",
      () => rollOutExternal(lab(), externalPool({ address: external.name })),
      /shows a certificate that the poolers do not accept: .*: set pool\.database\.external\.ca to the authority/,
    ],
    [
      "a certificate for another name",
      () => rollOutExternal(lab(), externalPool({ address: external.addresses[1], ca: ca() })),
      /shows a certificate .*does not match certificate's altnames.*: set pool\.database\.external\.address to a name/,
    ],
    [
      "no TLS, where the database wants it",
      () => rollOutExternal(lab(), externalPool({ address: external.name, tls: "off" })),
      /refuses the role shop: no pg_hba\.conf entry.*no encryption: set pool\.database\.external\.tls to verify-full/,
    ],
    [
      "an address where no database is",
      () => rollOutExternal(lab(), externalPool({ address: "10.0.1.99", ca: ca() })),
      /10\.0\.1\.99:5433 does not answer: .*: correct its address and port/,
    ],
  ];
  it.each(cases)("refuses %s by path and remedy, before a host changes", async (_, refused, words) => {
    const bundles = () =>
      Promise.all(
        machines.map(
          async (machine) => (await exec(lab().lab, machine, ["readlink", "/var/lib/hapair/current"])).stdout,
        ),
      );
    const before = await bundles();
    await expect(refused()).rejects.toThrow(words);
    expect(await bundles()).toEqual(before);
  });
}

export function externalTests(lab: () => PoolLab): void {
  const server = async (column: string) =>
    ask(await lab().url(), `select ${column} from pg_stat_ssl where pid = pg_backend_pid()`);
  const serverAddress = async () => ask(await lab().url(), "select host(inet_server_addr())").catch(String);

  it("carries queries as the application's role, over TLS", async () => {
    await poolersUp(lab().lab, 2 * poolersOfHost);
    expect(await ask(await lab().url(), "select current_user || ' ' || current_database()")).toBe(
      "shop orders",
    );
    expect(await server("ssl")).toBe(true);
  });

  it("serves sessions as the application's role, over TLS too", async () => {
    const question = "select current_user || ' ' || ssl from pg_stat_ssl where pid = pg_backend_pid()";
    expect(await ask(await lab().sessionUrl(), question)).toBe("shop true");
  });

  it("runs no PostgreSQL, and says of the database whether it answers", async () => {
    for (const machine of machines) {
      expect((await status(lab().lab, machine)).pool).toMatchObject({
        postgres: null,
        database: { at: `${external.name}:${external.port}`, problem: null },
      });
      const { stdout } = await exec(lab().lab, machine, ["hapair", "status"]);
      expect(stdout).toContain(`database  ${external.name}:${external.port} answers`);
    }
  });

  it("a name that leads elsewhere is followed, while the old address still answers", async () => {
    expect(await serverAddress()).toBe(external.addresses[0]);
    await resolveTo(lab().lab, machines, external.addresses[1]);
    await expect.poll(serverAddress, { timeout: 100_000, interval: 1000 }).toBe(external.addresses[1]);
  });

  it("a name that leads elsewhere is followed within seconds, once the old address does not answer", async () => {
    await resolveTo(lab().lab, machines, external.addresses[0]);
    await exec(lab().lab, external.machine, [
      "ip",
      "address",
      "delete",
      `${external.addresses[1]}/24`,
      "dev",
      "host0",
    ]);
    await expect.poll(serverAddress, { timeout: 30_000, interval: 500 }).toBe(external.addresses[0]);
  });

  it("sessions that hold every server connection of their pooler fail no apply, and the database answers", async () => {
    const clients = await connections(await lab().sessionUrl(), machines.length * session.size);
    try {
      await Promise.all(clients.map((client) => client.query("select 1")));
      const live = await liveBundle(lab().lab, db2.name);
      const changed = withFile(live, "etc/pgbouncer/6432.ini", (ini) => `${ini}; while sessions are full\n`);
      const { exitCode, stdout, stderr } = await apply(lab().lab, db2.name, changed);
      expect([exitCode, JSON.parse(stdout).outcome], stderr).toEqual([0, "applied"]);
      expect(JSON.parse(stdout).proof).toBe("answers");
      expect((await status(lab().lab, db2.name)).pool?.database?.problem).toBeNull();
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it("a database that is down blocks no change of a host, and the status says so", async () => {
    const postgres = (verb: string) => exec(lab().lab, external.machine, ["systemctl", verb, external.unit]);
    await postgres("stop");
    try {
      const down = async () => (await status(lab().lab, db2.name)).pool?.database?.problem;
      await expect.poll(down, { timeout: 40_000 }).toEqual(expect.any(String));
      const live = await liveBundle(lab().lab, db2.name);
      const changed = withFile(live, "etc/pgbouncer/6432.ini", (ini) => `${ini}; changed\n`);
      const { exitCode, stdout } = await apply(lab().lab, db2.name, changed);
      expect([exitCode, JSON.parse(stdout).outcome]).toEqual([0, "applied"]);
    } finally {
      await postgres("start");
    }
    await expect.poll(serverAddress, { timeout: 40_000 }).toBe(external.addresses[0]);
  });
}
