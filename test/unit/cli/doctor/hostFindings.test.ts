import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { root } from "../../../../cli/session/home.ts";
import { hostFindings } from "../../../../cli/targets/hosts/hostFindings.ts";
import { type HostLook, parseLook } from "../../../../cli/targets/hosts/look.ts";
import { placesOf } from "../../../../cli/targets/hosts/places.ts";
import { hostsOf } from "../../../../topology/hosts.ts";
import { parseTopology } from "../../../../topology/parse.ts";
import { hostsConfig } from "../../../harness/testConfig.ts";

const [pair] = hostsConfig().pairs as [Record<string, unknown>];
const external = { address: "db.example.com", tls: "require" };
const ofConfig = parseTopology(hostsConfig());
const onNodes = parseTopology({
  ...hostsConfig(),
  secrets: "config",
  pairs: [{ ...pair, pool: { on: "nodes", database: { external } } }],
  hosts: { knownHosts: "~/.ssh/known_hosts" },
});

const hostOf = (name: string, topology = ofConfig) => {
  const host = hostsOf(topology).find((one) => one.name === name);
  if (!host) throw new Error(`no host ${name}`);
  return host;
};
const now = 1_800_000_000_000;
/** A good look of a host of that topology, changed. */
function find(
  name: string,
  change: Partial<HostLook> = {},
  { topology = ofConfig, delivered = false } = {},
): readonly (readonly [string, string])[] {
  const host = hostOf(name, topology);
  const look: HostLook = {
    timeMs: now + 300,
    memoryMb: 1024,
    disks: [
      { folder: "/usr", device: "/dev/vda1", freeMb: 1000 },
      { folder: "/var", device: "/dev/vda1", freeMb: 1000 },
    ],
    places: Object.fromEntries(placesOf(host).map(({ at, listens }) => [at, listens ? undefined : refused])),
    ...change,
  };
  const timed = { look, begunMs: now, endedMs: now + 1000 };
  return hostFindings(host, { delivered }, timed).map(({ verdict, text }) => [verdict, text]);
}
const refused = "Connection refused";

test("good hosts have nothing wrong, also where their poolers' ports refuse connections still", () => {
  for (const name of ["haproxy1", "haproxy2", "db1"]) expect(find(name)).toEqual([]);
  expect(find("haproxy1", {}, { topology: onNodes })).toEqual([]);
});

test("everything wrong with a host is told at once, each with what to do", () => {
  const disks = [
    { folder: "/usr", device: "/dev/vda1", freeMb: 999.4 },
    { folder: "/var", device: "/dev/vda1", freeMb: 999.4 },
  ];
  expect(find("haproxy1", { timeMs: now - 60_000, disks, memoryMb: 255 })).toEqual([
    ["wrong", expect.stringMatching(/^haproxy1: its clock is 60 s behind this machine's: .*set-ntp true/)],
    ["wrong", expect.stringMatching(/^haproxy1: \/usr has 999 MB free, .* need 1000 MB: make room$/)],
    ["wrong", expect.stringMatching(/^haproxy1: 255 MB of its memory are free, .* need 256 MB: /)],
  ]);
});

test("the clock of a host counts only beyond the time that its answer took", () => {
  expect(find("db1", { timeMs: now - 4_900 })).toEqual([]);
  expect(find("db1", { timeMs: now + 5_900 })).toEqual([]);
  expect(find("db1", { timeMs: now + 7_000 })).toEqual([["wrong", expect.stringContaining("6 s ahead of")]]);
});

test("PostgreSQL's machine needs memory for its buffers too", () => {
  expect(find("db1", { memoryMb: 383 })).toEqual([["wrong", expect.stringContaining("need 384 MB")]]);
});

test("a host with a live bundle is judged by its clock and what it reaches alone", () => {
  const bad = { memoryMb: 1, disks: [] };
  expect(find("haproxy1", bad, { delivered: true })).toEqual([]);
  expect(find("haproxy1", { timeMs: 0 }, { delivered: true })).toHaveLength(1);
});

test("a machine of the pool that is not reached may be behind a firewall that goes, an external database is wrong", () => {
  const [peer, poolers] = placesOf(hostOf("haproxy1"));
  expect(poolers?.at).toBe("192.0.2.30:6432");
  expect(
    find("haproxy1", { places: { [peer?.at ?? ""]: refused, [poolers?.at ?? ""]: "No route to host" } }),
  ).toEqual([
    [
      "unknown",
      expect.stringMatching(
        /^haproxy1: does not reach the poolers of db1 at 192\.0\.2\.30:6432 \(No route to host\)/,
      ),
    ],
  ]);
  const places = placesOf(hostOf("haproxy1", onNodes));
  const all = Object.fromEntries(places.map(({ at }) => [at, refused]));
  expect(find("haproxy1", { places: all }, { topology: onNodes })).toEqual([
    [
      "wrong",
      expect.stringMatching(
        /^haproxy1: does not reach the external database at db\.example\.com:5432 \(Connection refused\): correct pool\.database\.external/,
      ),
    ],
  ]);
  expect(find("haproxy1", { places: {} })).toHaveLength(2);
});

test("the script that a host runs says what it reaches, and everything else that is read from it", async () => {
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const open = `127.0.0.1:${(server.address() as { port: number }).port}`;
  const script = readFileSync(join(root, "cli/targets/hosts/look.sh"), "utf8");
  const places = [open, "127.0.0.1:1"];
  const begunMs = Date.now();
  const { stdout } = await execa("sh", ["-u", "-s", "--", ...places], { input: script });
  server.close();
  const look = parseLook(stdout);
  expect(look.places).toEqual({
    [open]: undefined,
    "127.0.0.1:1": refused,
  });
  expect(look.timeMs).toBeGreaterThan(begunMs - 1);
  expect(look.timeMs).toBeLessThan(Date.now() + 1);
  expect(look.memoryMb).toBeGreaterThan(1);
  expect(look.disks.map(({ folder }) => folder)).toEqual(["/usr", "/var"]);
});

test("what is no answer of the script is told with its beginning", () => {
  expect(() => parseLook("This account is currently not available.")).toThrow(
    'in place of its state it prints "This account is currently not available."',
  );
});
