import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examineTarget } from "../../../../cli/targets/targets.ts";
import { parseTopology } from "../../../../topology/parse.ts";
import { sshKeyPair } from "../../../harness/sshKeyPair.ts";
import { hostsConfig } from "../../../harness/testConfig.ts";

/** SSH servers on loopback that answer as hosts do. */

const names = ["haproxy1", "haproxy2", "db1"] as const;
const address = { haproxy1: "192.0.2.20", haproxy2: "192.0.2.21", db1: "192.0.2.30" } as const;
const client = sshKeyPair("ed25519");
const server = sshKeyPair("ed25519");
const hostKey = server.public.trim();
const otherKey = sshKeyPair("ed25519").public.trim();

let folder: string;
const servers: ssh2.Server[] = [];
const ports: Record<string, number> = {};
/** Lines that a host prints beside those of a good one, by host. */
let more: Readonly<Record<string, string>> = {};
let version = "13";

const facts = (name: (typeof names)[number]) =>
  `distribution debian ${version} Debian GNU/Linux ${version}\nmachine id-${name} boot-${name}\nroot yes\ninterface ens5\nlink link-${name}\n`;
const look = (command: string) => {
  const reached = [...command.matchAll(/([0-9.]+:[0-9]+)/g)].map(([, place]) => `reached ${place}\n`);
  return `time ${Date.now() / 1000}\nmemory 2000000\ndisk /usr /dev/vda 9000000\n${reached.join("")}`;
};

function listen(name: (typeof names)[number]): Promise<void> {
  const own = new ssh2.Server({ hostKeys: [server.private] }, (connection) => {
    connection.on("error", () => {});
    connection.on("authentication", (context) =>
      context.method === "publickey" ? context.accept() : context.reject(["publickey"]),
    );
    connection.on("session", (accept) =>
      accept().on("exec", (acceptExec, _, { command }) => {
        const stream = acceptExec();
        // The facts ask for the host's address, the look for addresses with ports.
        const isFacts = command.includes(address[name]);
        stream.resume().on("end", () => {
          stream.write(isFacts ? `${facts(name)}${more[name] ?? ""}` : look(command));
          stream.exit(0);
          stream.end();
        });
      }),
    );
  });
  servers.push(own);
  return new Promise((resolve) => {
    own.listen(0, "127.0.0.1", () => {
      ports[name] = (own.address() as AddressInfo).port;
      resolve();
    });
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hapair-doctor-"));
  writeFileSync(join(folder, "key"), client.private);
  await Promise.all(names.map(listen));
});
afterAll(() => {
  for (const own of servers) own.close();
  rmSync(folder, { recursive: true });
});

async function examine(
  change: Readonly<Record<string, object>> = {},
  identityFile = join(folder, "key"),
  hosts: Readonly<Record<string, unknown>> = {},
) {
  const machines = Object.fromEntries(
    names.map((name) => [name, { hostKey, address: "127.0.0.1", port: ports[name], ...change[name] }]),
  );
  const topology = parseTopology({ ...hostsConfig(), hosts: { identityFile, machines, ...hosts } });
  const findings = await examineTarget(topology, () => [], "hosts");
  return findings.map(({ verdict, text }) => [verdict, text] as const);
}

test("of good hosts nothing is told but what the roll-out looks for itself, in a PostgreSQL that is there", async () => {
  expect(await examine()).toEqual([]);
  const hba = "etc/postgresql/17/main/pg_hba.conf";
  more = { db1: `file ${"0".repeat(32)} - d41d8cd98f00b204e9800998ecf8427e - ${hba}\n` };
  const told = await examine();
  more = {};
  expect(told).toEqual([
    ["later", expect.stringMatching(/^db1: data, roles and settings of the PostgreSQL/)],
  ]);
});

test("a host that refuses a connection, one with another key and one with a foreign firewall are told at once", async () => {
  more = { db1: "unit Id=firewalld.service ActiveState=active UnitFileState=enabled\n" };
  const told = await examine({ haproxy1: { port: 1 }, haproxy2: { hostKey: otherKey } });
  more = {};
  expect(told).toEqual([
    ["wrong", expect.stringMatching(/^haproxy1: does not answer at admin@127\.0\.0\.1:1: .*ECONNREFUSED/)],
    ["wrong", expect.stringMatching(/^haproxy2: .* shows another host key than the config has/)],
    ["wrong", expect.stringMatching(/^db1: firewalld\.service, another firewall, is active/)],
  ]);
});

test("a host that ends the connection without a word is unknown", async () => {
  const mute = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const told = await examine({ haproxy1: { port: (mute.address() as AddressInfo).port } });
  mute.close();
  expect(told[0]).toEqual(["unknown", expect.stringMatching(/^haproxy1: does not answer at admin@127/)]);
});

test("the wrong distribution of every host is told as a roll-out tells it", async () => {
  version = "12";
  const told = await examine();
  version = "13";
  const wrongs = told.filter(([verdict]) => verdict === "wrong").map(([, text]) => text);
  expect(wrongs.toSorted()).toEqual(
    names.toSorted().map((name) => expect.stringContaining(`${name}: has Debian GNU/Linux 12, and hapair`)),
  );
});

test("a bastion with another key is told once, with the bastion's key of the config", async () => {
  const bastion = { host: "127.0.0.1", port: ports.haproxy1, hostKey: otherKey };
  expect(await examine({}, join(folder, "key"), { bastion })).toEqual([
    [
      "wrong",
      expect.stringMatching(
        /^bastion: admin@127\.0\.0\.1:\d+ shows another host key .*hosts\.bastion\.hostKey/,
      ),
    ],
  ]);
});

test("a private key that cannot be read is told instead of a look at the hosts", async () => {
  expect(await examine({}, join(folder, "none"))).toEqual([
    ["wrong", expect.stringMatching(/^hosts\.identityFile: .* cannot be read/)],
  ]);
});
