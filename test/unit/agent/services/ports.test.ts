import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hapair } from "../../../../agent/services/hapair.ts";
import { haproxy } from "../../../../agent/services/haproxy.ts";
import { pgbouncer } from "../../../../agent/services/pgbouncer.ts";
import { postgresql } from "../../../../agent/services/postgresql.ts";
import type { Service } from "../../../../agent/services/service.ts";
import { wireproxy } from "../../../../agent/services/wireproxy.ts";
import { signed } from "../../../harness/certificates.ts";
import { ScratchHost } from "../apply/scratchHost.ts";
import { routesConfig } from "../routes/routeFixtures.ts";

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

/** A process that listens on a socket, in a unit. */
function listen(socket: string, name: string, unit: string): void {
  mkdirSync(join(host.root, "proc/74"), { recursive: true });
  writeFileSync(join(host.root, "proc/74/cgroup"), `0::/system.slice/system-x.slice/${unit}\n`);
  const line = `LISTEN 0      128       ${socket}   0.0.0.0:* users:(("${name}",pid=74,fd=6))      \n`;
  host.answer = (command) => (command.startsWith("ss ") ? { status: 0, stdout: line } : undefined);
}

const complaint = (service: Service, path: string, text: string, more: readonly string[] = []) =>
  service.complaint?.({
    host,
    folder: "/staged",
    files: [
      { path, text, mode: "0640", owner: "root", group: "root" },
      ...more.map((unit) => ({
        path: unit,
        text: "ExecStart=/bin/wireproxy\n",
        mode: "0644",
        owner: "root",
        group: "root",
      })),
    ],
    units: ["haproxy.service", "pgbouncer@6432.service", "pgbouncer.service"],
  });

const ini = "[pgbouncer]\nlisten_addr = 10.0.1.30,10.0.1.31\nlisten_port = 6432\n";
const settings = "listen_addresses = 'localhost,10.0.1.30'\nport = 5432\n";
const egress = JSON.stringify({
  ...{ host: "h", runtimeSocket: "/r", actionSocket: "/a", stateFile: "/s", trackFile: "/t" },
  ...{ haproxyTrackFile: "/t", keepalivedEvents: "/e", logFolder: "/l", peers: [], moveVip: false },
  ...{ listen: [{ address: "10.0.1.20", port: 9494 }], virtualAddress: "10.0.1.100", ca: "", groups: [] },
});

test.each([
  [
    "haproxy's",
    "10.0.1.20:8404",
    haproxy,
    "etc/haproxy/haproxy.cfg",
    "  bind 10.0.1.20:8404\n",
    "bind 10.0.1.20:8404",
  ],
  [
    "a pooler's",
    "10.0.1.31:6432",
    pgbouncer,
    "etc/pgbouncer/6432.ini",
    ini,
    "/etc/pgbouncer/6432.ini: listen_port = 6432",
  ],
  [
    "PostgreSQL's",
    "127.0.0.1:5432",
    postgresql,
    "etc/postgresql/17/main/conf.d/hapair.conf",
    settings,
    "port = 5432 on 127.0.0.1",
  ],
  [
    "the agent's",
    "0.0.0.0:9494",
    hapair,
    "etc/hapair/egress.json",
    egress,
    "/etc/hapair/egress.json: listen 10.0.1.20:9494",
  ],
])(
  "%s port is refused while another program listens there",
  async (_, socket, service, path, text, words) => {
    listen(socket, "odyssey", "odyssey.service");
    const found = await complaint(service, path, text);
    expect(found).toContain(
      `${words}: the port is taken by odyssey (pid 74): stop it or choose another port`,
    );
  },
);

test("a wireproxy's port is refused while another program listens there", async () => {
  listen("127.0.0.1:25344", "sshd", "ssh.service");
  const text = "[Socks5]\nBindAddress = 127.0.0.1:25344\n";
  expect(
    await complaint(wireproxy, "etc/hapair/wireproxy/wg1.conf", text, [
      "etc/systemd/system/wireproxy@.service",
    ]),
  ).toContain("/etc/hapair/wireproxy/wg1.conf: BindAddress = 127.0.0.1:25344: the port is taken by sshd");
});

test.each([
  ["the bundle's own unit", "pgbouncer@6432.service", undefined],
  ["the package's pooler, which stops", "pgbouncer.service", undefined],
  [
    "a program of the same name in another unit",
    "docker-1234.scope",
    expect.stringContaining("pgbouncer (pid 74)"),
  ],
])("a pooler's port counts by the unit that listens there: %s", async (_, unit, expected) => {
  listen("10.0.1.30:6432", "pgbouncer", unit);
  expect(await complaint(pgbouncer, "etc/pgbouncer/6432.ini", ini)).toEqual(expected);
});

test("what is wrong with a pooler's settings and with its port comes at once", async () => {
  listen("10.0.1.30:6432", "odyssey", "odyssey.service");
  const { answer } = host;
  host.answer = (line) =>
    line.startsWith("pgbouncer ") ? { status: 1, stderr: "2026 ERROR unknown parameter x\n" } : answer(line);
  expect(await complaint(pgbouncer, "etc/pgbouncer/6432.ini", ini)).toMatch(/unknown parameter x\n.*odyssey/);
});

test("a bundle whose routes' API could not be served is refused: its config, its certificate, its port", async () => {
  const { certificate, key } = signed("door");
  const config = { ...routesConfig("/var/lib/hapair"), listen: { address: "0.0.0.0", port: 8407 } };
  const asked = (text: string, keyText: string) =>
    hapair.complaint?.({
      host,
      folder: "/staged",
      files: [
        ["etc/hapair/routes.json", text],
        [config.certificateFile.slice(1), certificate],
        [config.keyFile.slice(1), keyText],
      ].map(([path = "", text = ""]) => ({ path, text, mode: "0640", owner: "root", group: "root" })),
    });
  const text = JSON.stringify(config);
  expect(await asked(text, key)).toBeUndefined();
  expect(await asked("{}", key)).toMatch(/^\/etc\/hapair\/routes\.json is not a config of routes/);
  expect(await asked(text, signed("other").key)).toContain("which is no certificate for the key in");
  listen("0.0.0.0:8407", "odyssey", "odyssey.service");
  expect(await asked(text, key)).toContain("/etc/hapair/routes.json: listen 0.0.0.0:8407: the port is taken");
});
