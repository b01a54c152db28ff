import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { differs, formatScans, scanHosts } from "../../../../cli/targets/hosts/hostKeys.ts";
import { parseTopology } from "../../../../topology/parse.ts";
import { sshKeyPair } from "../../../harness/sshKeyPair.ts";
import { hostsConfig } from "../../../harness/testConfig.ts";

/** An SSH server on loopback, which is every host and the bastion. */

const ed25519 = sshKeyPair("ed25519");
const ecdsa = sshKeyPair("ecdsa");
const client = sshKeyPair("ed25519");
const [key, ecdsaKey, otherKey] = [ed25519.public.trim(), ecdsa.public.trim(), client.public.trim()];
const server = new ssh2.Server({ hostKeys: [ed25519.private, ecdsa.private] }, (connection) => {
  connection.on("error", () => {});
  connection.on("authentication", (context) =>
    context.method === "publickey" ? context.accept() : context.reject(["publickey"]),
  );
  connection.on("tcpip", (accept, _, { destIP, destPort }) => {
    const channel = accept();
    const socket = connect(destPort, destIP);
    channel.on("error", () => socket.destroy()).pipe(socket);
    socket.on("error", () => channel.end()).pipe(channel);
  });
});
let folder: string;
let port = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hapair-hostkeys-"));
  writeFileSync(join(folder, "key"), client.private);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Known hosts are written with hashed names. */
function scan(known: readonly string[], hosts: Readonly<Record<string, unknown>>) {
  const knownHosts = join(folder, "known");
  writeFileSync(knownHosts, `${known.map((line) => `[127.0.0.1]:${port} ${line}`).join("\n")}\n`);
  execFileSync("ssh-keygen", ["-H", "-f", knownHosts], { stdio: "ignore" });
  const entry = { address: "127.0.0.1", port };
  // All are one server: the names differ so that the config's rule of one machine for each host holds.
  const machines = {
    haproxy1: entry,
    haproxy2: { ...entry, address: "localhost" },
    db1: { address: "127.0.0.2", port: 1 },
  };
  const topology = parseTopology({
    ...hostsConfig(),
    hosts: { identityFile: join(folder, "key"), knownHosts, machines, ...hosts },
  });
  if (topology.target.kind !== "hosts") throw new Error("the example's target is hosts");
  return scanHosts(topology.target, topology);
}
const of = (scans: Awaited<ReturnType<typeof scan>>, host: string) => {
  const found = scans.find((one) => one.host === host);
  if (!found) throw new Error(`no scan of ${host}`);
  return found;
};

test("a key of the file of known hosts is known, whatever its type, and another one is told with the file", async () => {
  for (const line of [key, ecdsaKey]) {
    const found = of(await scan([line], {}), "haproxy1");
    expect([found.shown?.line, differs(found)]).toEqual([line, false]);
    expect(formatScans("hosts", [found])).toMatch(/ as \S+\/known has it$/);
  }
  const found = of(await scan([otherKey], {}), "haproxy1");
  expect(differs(found)).toBe(true);
  expect(formatScans("hosts", [found])).toMatch(/which is not the key in \S+\/known\n/);
});

test("a key that is in neither place is printed for the config, with the file on the host that has it", async () => {
  const found = of(await scan([key], {}), "haproxy2");
  expect(found.known).toBeUndefined();
  const told = formatScans("hosts", [found]);
  expect(told).toContain(`  haproxy2: { hostKey: "${key}" }`);
  expect(told).toContain("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
  const rsa = { line: `ssh-rsa ${"A".repeat(16)}`, fingerprint: "SHA256:x" };
  expect(formatScans("hosts", [{ ...found, shown: rsa }])).toContain("/etc/ssh/ssh_host_rsa_key.pub");
});

test("hosts behind a bastion whose key is only in the file of known hosts are scanned", async () => {
  const scans = await scan([key], { bastion: { host: "127.0.0.1", port } });
  expect(scans.map(({ host }) => host)).toEqual(["db1", "haproxy1", "haproxy2"]);
  expect(of(scans, "haproxy1").shown?.line).toBe(key);
  expect((await scan([], { bastion: { host: "127.0.0.1", port } })).map(({ host }) => host)).toEqual([
    "bastion",
  ]);
});
