import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../../../cli/session/home.ts";
import { factProblems } from "../../../components/machines/hosts/factProblems.ts";
import { factsCommand, parseFacts } from "../../../components/machines/hosts/facts.ts";
import { parseOwn } from "../../../components/machines/hosts/ownFacts.ts";
import { effectiveRules, md5 } from "../../../contract/ownership/hostFiles.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { hostsConfig } from "../../harness/testConfig.ts";

/** What is somebody's own on a host, found before anything is installed on it. */

const packaged = md5("packaged");
const mine = md5("mine");

/** What is wrong with a host that is good but for these facts. */
function problems(
  name: "haproxy1" | "db1",
  facts: readonly string[],
  { takeOver = [] as readonly string[], delivered = false } = {},
): readonly string[] {
  const hosts = { ...Object(hostsConfig().hosts), takeOver };
  const topology = parseTopology({ ...hostsConfig(), hosts });
  const lines = [
    "distribution debian 13 Debian GNU/Linux 13 (trixie)",
    "machine id boot",
    "root yes",
    "interface ens5",
    ...(delivered ? ["delivered yes"] : []),
    ...facts,
  ];
  return factProblems(topology, { [name]: parseFacts(lines.join("\n")) });
}

const file = (path: string, sum: string, { generated = "-", rules = "-", executable = "-" } = {}) =>
  `file ${sum} ${generated} ${rules} ${executable} ${path}`;
const conffile = (path: string) => `conffile ${packaged} ${path}`;
const cfg = "etc/haproxy/haproxy.cfg";
const rules = "etc/ufw/user.rules";

test("files, rules, units, firewalls and programs of somebody's own are told at once, each with its path and what to do", () => {
  const told = problems("haproxy1", [
    file(cfg, mine),
    conffile(cfg),
    file("etc/keepalived/keepalived.conf", mine),
    file(rules, mine, { generated: packaged }),
    file("etc/default/ufw", mine),
    "symlink etc/systemd/system/keepalived.service -> /dev/null",
    file("etc/systemd/system/haproxy.service.d/my limits.conf", mine),
    "unit Id=nftables.service ActiveState=active UnitFileState=enabled",
    "unit Id=firewalld.service ActiveState=inactive UnitFileState=enabled",
    "rule -A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd",
    "ruleset table inet mine {",
    "ruleset \t\ttype filter hook input priority filter; policy drop;",
    'listener LISTEN 0 128 0.0.0.0:8404 0.0.0.0:* users:(("nginx",pid=42,fd=3))',
  ]);
  expect(told).toEqual(
    [
      /^\/etc\/haproxy\/haproxy\.cfg was changed since its package was installed: move it away, or add haproxy to hosts\.takeOver$/,
      /^\/etc\/keepalived\/keepalived\.conf is somebody's own: .*, or add keepalived to hosts\.takeOver$/,
      /^\/etc\/ufw\/user\.rules is somebody's own: .*, or add ufw to hosts\.takeOver$/,
      /^\/etc\/default\/ufw was changed .*, or add ufw to hosts\.takeOver$/,
      /^\/etc\/systemd\/system\/haproxy\.service\.d\/my limits\.conf changes haproxy\.service: .*add haproxy to/,
      /^\/etc\/systemd\/system\/keepalived\.service masks keepalived\.service: .*: systemctl unmask keepalived\.service, or add keepalived/,
      /^firewalld\.service, another firewall, starts at the next boot: .*, or add firewalld to hosts\.takeOver$/,
      /^nftables\.service, another firewall, is active: .*, or add nftables to hosts\.takeOver$/,
      /^1 rules of iptables, such as -A INPUT .* f2b-sshd .*, or add iptables to hosts\.takeOver$/,
      /^nftables' table inet mine .*, or add iptables to hosts\.takeOver$/,
      /^haproxy\.statsPort \(8404\): the port is taken by nginx \(pid 42\): stop it or choose another port$/,
    ].map((text) => expect.stringMatching(new RegExp(text.source.replace("^", "^haproxy1: ")))),
  );
});

test("what the packages have installed and generated is nobody's, and neither is a bundle that was applied halfway", () => {
  const hba = effectiveRules(`# note
local   all   postgres   peer
local   all   all        peer
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
local replication all peer
host replication all 127.0.0.1/32 scram-sha-256
host replication all ::1/128 scram-sha-256
`);
  const folder = "etc/postgresql/17/main";
  const ufw = [
    file(rules, packaged, { generated: packaged }),
    "rule -A INPUT -j ufw-before-input",
    "ruleset table ip filter {",
    "ruleset  type filter hook input priority filter; policy drop;",
  ];
  expect(problems("haproxy1", [file(cfg, packaged), conffile(cfg), ...ufw])).toEqual([]);
  expect(
    problems("db1", [
      ...ufw,
      file(`${folder}/pg_hba.conf`, mine, { rules: md5(hba) }),
      file(`${folder}/pg_ident.conf`, mine, { rules: md5("") }),
      'listener LISTEN 0 128 *:6432 *:* users:(("pgbouncer",pid=42,fd=3))',
    ]),
  ).toEqual([]);
  const link = `symlink ${cfg} -> /var/lib/hapair/current/${cfg}`;
  expect(problems("haproxy1", [link, conffile(cfg)])).toEqual([]);
});

test("rules of somebody's own in pg_hba.conf, and a daemon that the pair stops and that runs with them, are told", () => {
  const ini = "etc/pgbouncer/pgbouncer.ini";
  const hba = "etc/postgresql/17/main/pg_hba.conf";
  expect(
    problems("db1", [
      file(hba, mine, { rules: md5("host all all all trust\n") }),
      file(ini, mine),
      conffile(ini),
      "unit Id=pgbouncer.service ActiveState=active UnitFileState=enabled",
    ]),
  ).toEqual([
    expect.stringMatching(
      /^db1: \/etc\/postgresql\/17\/main\/pg_hba\.conf .*add postgresql to hosts\.takeOver$/,
    ),
    expect.stringMatching(
      /^db1: pgbouncer\.service runs with .*, \/etc\/pgbouncer\/pgbouncer\.ini: systemctl disable --now pgbouncer\.service, or add pgbouncer/,
    ),
  ]);
});

test("what hosts.takeOver has is not told, and nothing is of a host that has a live bundle", () => {
  const facts = [file(cfg, mine), file(rules, mine)];
  expect(problems("haproxy1", facts, { takeOver: ["haproxy"] })).toEqual([
    expect.stringContaining("/etc/ufw/user.rules"),
  ]);
  expect(problems("haproxy1", facts, { takeOver: ["haproxy", "ufw"] })).toEqual([]);
  expect(problems("haproxy1", facts, { delivered: true })).toEqual([]);
});

test("another program on a port of the pair is named with the key that chooses another, its own daemons are not", () => {
  const listening = (name: "haproxy1" | "db1", address: string, program: string) =>
    problems(name, [`listener LISTEN 0 128 ${address} 0.0.0.0:* users:(("${program}",pid=42,fd=3))`]);
  expect(listening("haproxy1", "0.0.0.0:5432", "postgres")).toEqual([
    "haproxy1: haproxy.port (5432): the port is taken by postgres (pid 42): stop it or choose another port",
  ]);
  expect(listening("haproxy1", "192.0.2.20:8404", "nginx")).toHaveLength(1);
  expect(listening("haproxy1", "192.0.2.99:8404", "nginx")).toEqual([]);
  expect(listening("haproxy1", "0.0.0.0:5432", "haproxy")).toEqual([]);
  expect(listening("db1", "[::]:6433", "nginx")).toEqual([
    expect.stringContaining("db1: pool.ports (6433): the port is taken by nginx"),
  ]);
});

test("a host is asked for the files, drop-ins, units and ports of its own bundle", () => {
  const topology = parseTopology(hostsConfig());
  const commands = hostsOf(topology).map(
    (host) => [host.name, factsCommand(topology, host).command] as const,
  );
  const { haproxy1 = "", db1 = "" } = Object.fromEntries(commands);
  for (const [command, asked] of [
    [haproxy1, cfg],
    [haproxy1, "etc/systemd/system/haproxy.service.d/*.conf"],
    [haproxy1, "etc/default/keepalived"],
    [haproxy1, "nftables.service"],
    [haproxy1, "sport = :8404 or "],
    [db1, "etc/postgresql/17/main/pg_hba.conf"],
    [db1, "etc/systemd/system/pgbouncer@.service.d/*.conf"],
    [db1, "sport = :6432 or "],
  ])
    expect(command).toContain(asked);
  expect(db1).not.toContain(cfg);
});

test("the script that a host runs tells files, links and listeners as they are", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hapair-own-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);
  mkdirSync(at("unit.d"));
  writeFileSync(at("unit.d/my limits.conf"), "mine");
  writeFileSync(at("after.init"), "mine");
  chmodSync(at("after.init"), 0o755);
  symlinkSync("/dev/null", at("masked.service"));
  const script = readFileSync(join(root, "components/machines/hosts/own.sh"), "utf8");
  const relative = (name: string) => at(name).slice(1);
  const patterns = ["unit.d/*.conf", "after.init", "masked.service", "none", "none.d/*.conf", "unit.d"];
  const { stdout } = await execa("sh", ["-u", "-s", "--", "", "", ...patterns.map(relative)], {
    input: script,
  });
  const { files } = parseOwn(stdout);
  const plain = { kind: "file", md5: mine, generated: undefined, rules: undefined };
  expect(files).toEqual({
    [relative("unit.d/my limits.conf")]: { ...plain, isExecutable: false },
    [relative("after.init")]: { ...plain, isExecutable: true },
    [relative("masked.service")]: { kind: "link", target: "/dev/null" },
    [relative("unit.d")]: { kind: "other" },
  });
});
