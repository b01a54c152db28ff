import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loginLine, sshConfig } from "../../../cli/clients/clientFiles.ts";
import { formatSummary } from "../../../cli/clients/summary.ts";
import { type Home, openHome } from "../../../cli/session/home.ts";

let folder: string;
let home: Home;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair 100% summary-"));
  home = openHome(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const connection = (port: number, privateKey: string) => {
  return { host: "127.0.0.1", port, user: "admin", hostKey: "ssh-ed25519 AAAA", privateKey };
};
const pair = (name: string, statsPort: number) => ({
  vip: `10.0.1.${statsPort % 100}`,
  endpoints: { [`${name}-node`]: "10.0.1.20:8404" },
  statsUser: "admin",
  statsPassword: `password of ${name}`,
  bundles: {},
  reach: { stats: `http://127.0.0.1:${statsPort}/stats`, socks: {} },
});

test("ssh reaches every host under its name, with its key and nobody else's, whatever the folder's name", async () => {
  const hosts = { one: connection(2201, "key of one"), two: connection(2202, "key of two") };
  const config = sshConfig(home, "some", hosts);
  const { stdout } = await execa("ssh", ["-G", "-F", config, "two"]);
  const file = (name: string) => join(home.clients, "some", name);
  for (const line of [
    ...["hostname 127.0.0.1", "port 2202", "user admin", "hostkeyalias two"],
    ...["identitiesonly yes", "stricthostkeychecking true"],
  ])
    expect(stdout.split("\n")).toContain(line);
  expect(stdout.replaceAll("%%", "%")).toContain(`identityfile ${file("two.key")}\n`);
  expect(stdout.replaceAll("%%", "%")).toMatch(
    new RegExp(`^userknownhostsfile .*${file("known_hosts")}`, "m"),
  );
  expect(readFileSync(file("two.key"), "utf8")).toBe("key of two\n");
  expect(readFileSync(file("known_hosts"), "utf8")).toBe("one ssh-ed25519 AAAA\ntwo ssh-ed25519 AAAA\n");
  expect(statSync(file("two.key")).mode & 0o777).toBe(0o600);
});

test("the line with which a person logs in works as it is printed", async () => {
  const line = loginLine(home, "some", { one: connection(2201, "key of one") });
  const { stdout } = await execa("sh", ["-c", line.replace(/HOST$/, "-G one")]);
  for (const option of ["hostname 127.0.0.1", "port 2201", "user admin", "stricthostkeychecking true"])
    expect(stdout.split("\n")).toContain(option);
});

test("the edge and the API of routes are named with the authority of their certificate, and no token is shown", () => {
  const reach = {
    ...{ stats: "http://127.0.0.1:18404/stats", socks: {} },
    ...{ edge: { http: "http://127.0.0.1:18080", https: "https://127.0.0.1:18443" } },
    routesUrl: "https://127.0.0.1:18407",
  };
  const secrets = { routeTokens: { operator: "a token" }, routesAdminKey: "a key" };
  const pg = { ...pair("pg", 18404), reach, edgeAuthority: "one", routesAuthority: "two", ...secrets };
  const text = formatSummary(home, "some", { pairs: { pg }, ssh: { one: connection(2201, "k") } }, []);
  const file = (name: string) => join(home.clients, "some", name);
  expect(text).toContain(`curl --cacert '${file("pg.edge.pem")}' https://127.0.0.1:18443/healthz`);
  expect(text).toContain(`'${file("pg.routes.pem")}' https://127.0.0.1:18407/api/health/system`);
  expect(readFileSync(file("pg.edge.pem"), "utf8")).toBe("one");
  expect(text).not.toMatch(/a token|a key/);
});

test("every pair's stats page is named with its own password's file, and no password is shown", () => {
  const pairs = { pg: pair("pg", 18404), pg2: pair("pg2", 18405) };
  const text = formatSummary(home, "some", { pairs, ssh: { one: connection(2201, "key of one") } }, []);
  for (const [name, { reach, statsPassword }] of Object.entries(pairs)) {
    const path = join(home.clients, "some", `${name}.stats`);
    expect(text).toContain(`${reach.stats} (user admin, password in ${path})`);
    expect(readFileSync(path, "utf8")).toBe(`${statsPassword}\n`);
  }
  expect(text).not.toMatch(/password of|key of/);
});

test("a port for sessions has a psql line of its own, with a password file of its own", () => {
  const url = (port: number) => `postgresql://app:secret@127.0.0.1:${port}/postgres`;
  const { reach, ...rest } = pair("pg", 18404);
  const urls = { databaseUrl: url(15432), sessionUrl: url(16432) };
  const pairs = { pg: { ...rest, reach: { ...reach, ...urls } } };
  const text = formatSummary(home, "some", { pairs, ssh: {} }, []);
  const [, file] =
    /sessions +PGPASSFILE='([^']+)' psql postgresql:\/\/app@127\.0\.0\.1:16432\/postgres/.exec(text) ?? [];
  expect(readFileSync(file ?? "", "utf8")).toBe("127.0.0.1:16432:*:app:secret\n");
  expect(text).toContain("psql postgresql://app@127.0.0.1:15432/postgres");
  expect(text).not.toContain("secret");
});
