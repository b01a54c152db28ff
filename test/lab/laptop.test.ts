import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HostBundle } from "../../render/bundle.ts";
import { renderLaptop } from "../../render/laptop.ts";
import { secretsOf } from "../../render/secrets.ts";
import { signed } from "../harness/certificates.ts";
import { laptopTopology } from "../unit/laptop/laptopFixtures.ts";
import { LaptopBed } from "./laptopBed.ts";

/**
 * The pool on the laptop with the real daemons, from exactly the rendered files. An engine does not run here: the stand-in
 * (`harness/docker/dockerProgram.ts`) gives each service namespaces, user and capabilities as the compose file has them.
 */

const authority = signed("authority");
const poolers = { ...signed("pool", authority, "IP:192.168.1.5"), authority: authority.certificate };

function bundle(pool: Record<string, unknown> = {}, database = "app-password"): HostBundle {
  const passwords = { database, probe: "probe-password", stats: "stats-password" };
  return renderLaptop(
    laptopTopology({ postgres: { maxConnections: 100 }, ...pool }).laptop,
    secretsOf(passwords, { certificates: { poolers } }),
  );
}

describe("the pool on the laptop", () => {
  let bed: LaptopBed;
  let ca: string;

  beforeAll(async () => {
    bed = await LaptopBed.make();
    ca = bed.file("authority.pem", authority.certificate);
  });
  afterAll(() => bed?.remove());

  const urlOf = (port: number, { user = "app", password = "app-password", tls = true } = {}) =>
    `postgresql://${user}:${password}@192.168.1.5:${port}/postgres?connect_timeout=5&${
      tls ? `sslmode=verify-full&sslrootcert=${ca}` : "sslmode=disable"
    }`;
  /** What a query answers; psql's words where it fails. */
  const ask = async (sql: string, port = 6432, login = {}) => {
    const { stdout, stderr } = await bed.run(["psql", "-X", urlOf(port, login), "-Atc", sql]);
    return stdout || stderr;
  };
  const applied = async (one: HostBundle) => {
    const { exitCode, stderr } = await bed.apply(one);
    expect(exitCode, stderr).toBe(0);
  };

  it("carries a query through each pooler as soon as it is applied", async () => {
    await applied(bundle());
    for (const port of [6432, 6433, 6434])
      expect(
        await ask("select current_user || ' ' || current_setting('server_version_num')::int / 10000", port),
      ).toBe("app 17");
    expect(await ask("create table kept as select 1 as one; select count(*) from kept")).toContain("1");
  });

  it("refuses a client without TLS, a wrong password and PostgreSQL's superuser", async () => {
    expect(await ask("select 1", 6432, { tls: false })).toContain("SSL required");
    expect(await ask("select 1", 6432, { password: "wrong" })).toMatch(/authentication failed/);
    expect(await ask("select 1", 6432, { user: "postgres" })).toMatch(/FATAL/);
  });

  it("lets a node in, and no other machine of the network", async () => {
    const askFrom = async (address: string) => {
      const { stdout, stderr } = await bed.runAt(address, ["psql", "-X", urlOf(6432), "-Atc", "select 1"]);
      return stdout || stderr;
    };
    for (const node of ["192.168.1.10", "192.168.1.11"]) expect(await askFrom(node)).toBe("1");
    expect(await askFrom("192.168.1.66")).toContain("no authentication method is found");
  });

  it("has PostgreSQL on no network, and every container without rights", async () => {
    for (const address of ["192.168.1.5", "127.0.0.1"]) {
      const { exitCode, stderr } = await bed.run([
        "psql",
        "-X",
        `host=${address} port=5432 user=app`,
        "-c",
        "",
      ]);
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain("Connection refused");
    }
    const status = ["sh", "-c", "cat /proc/[0-9]*/status"];
    const processes = (await bed.run(status)).stdout.split(/^Name:\s+/m);
    const daemons = processes.filter((text) => /^(postgres|pgbouncer)\n/.test(text));
    expect(daemons.length).toBeGreaterThan(4);
    for (const text of daemons) {
      expect(text).toMatch(/^Uid:\s+999\s+999\s+999\s+999$/m);
      expect(text).toMatch(/^CapEff:\s+0+$/m);
      expect(text).toMatch(/^CapBnd:\s+0+$/m);
      expect(text).toMatch(/^NoNewPrivs:\s+1$/m);
    }
  });

  it("is reported as a host is, with nothing wrong or unknown", async () => {
    const { bundle: state, units, pool, full, warnings, problems } = await bed.status();
    expect(state.live).toBe(bundle().sha256);
    expect(units.map(({ active }) => active)).toEqual(["active", "active", "active", "active"]);
    expect(pool?.postgres).toBe(true);
    expect(pool?.poolers.map(({ port, reachable }) => [port, reachable])).toEqual(
      [6432, 6433, 6434].map((port) => [port, true]),
    );
    expect({ full, warnings, problems }).toEqual({ full: [], warnings: [], problems: [] });
  });

  it("answers each pooler's console by one command", async () => {
    const { exitCode, stdout } = await bed.program(["pool", "reconnect"]);
    expect(exitCode).toBe(0);
    expect(stdout.split("\n")).toEqual([6432, 6433, 6434].map((port) => `${port}  reconnect: done`));
  });

  it("takes a new size and a new password over while a client stays connected", async () => {
    const before = (await bed.status()).units;
    const client = bed.start(["psql", "-XAt", urlOf(6432)]);
    client.stdin.write("select 'before';\n");
    await once(client.stdout, "data");
    await applied(bundle({ size: 21 }, "another-password"));
    client.stdin.end("select 'after';\n");
    const { stdout, stderr } = await client;
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toEqual(["before", "after"]);
    expect(await ask("select 'new'", 6433, { password: "another-password" })).toBe("new");
    expect(await ask("select 1")).toMatch(/authentication failed/);
    const shown = await bed.program(["pool", "show", "--json"]);
    expect(shown.exitCode).toBe(0);
    expect((await bed.status()).units).toEqual(before);
  });

  it("restarts PostgreSQL for what only a start takes over, and keeps its data", async () => {
    await applied(bundle({ postgres: { maxConnections: 110 } }));
    expect(await ask("show max_connections")).toBe("110");
    expect(await ask("select count(*) from kept")).toBe("1");
  });

  it("goes back where PostgreSQL does not start, and says why in its words", async () => {
    const tooLarge = bundle({ postgres: { maxConnections: 110, sharedBuffersMb: 4_000_000 } });
    const { exitCode, stderr } = await bed.apply(tooLarge);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/could not map anonymous shared memory|Cannot allocate memory/);
    expect(await ask("select 'still'")).toBe("still");
    expect((await bed.status()).bundle.live).toBe(bundle({ postgres: { maxConnections: 110 } }).sha256);
  });

  it("misses a pooler that was killed, and brings it up again beside the others", async () => {
    await bed.run(["pkill", "-KILL", "-f", "pgbouncer/6433.ini"]);
    const { units, pool } = await bed.status();
    expect(units.filter(({ active }) => active !== "active").map(({ unit }) => unit)).toEqual([
      "pgbouncer@6433.service",
    ]);
    expect(pool?.poolers.find(({ port }) => port === 6433)?.reachable).toBe(false);
    await applied(bundle({ postgres: { maxConnections: 110 } }));
    expect(await ask("select 'again'", 6433)).toBe("again");
  });

  it("leaves nothing behind once it is removed", async () => {
    const { exitCode, stderr } = await bed.program(["down"]);
    expect(exitCode, stderr).toBe(0);
    expect(readdirSync(bed.vagrant)).toEqual([]);
    expect(existsSync(bed.vagrant)).toBe(true);
    expect((await bed.run(["pgrep", "-x", "postgres|pgbouncer"])).stdout).toBe("");
  });
});
