import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packagesCommand } from "../../../components/machines/hosts/packages.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { hostsConfig } from "../../harness/testConfig.ts";

/** The script that installs packages, in a folder in place of the host's root, with programs in place of apt's and systemd's. */

let root: string;
const at = (path: string) => join(root, path);
const lines = (path: string) =>
  existsSync(at(path)) ? readFileSync(at(path), "utf8").split("\n").filter(Boolean) : [];

const programs = {
  "dpkg-query": `case "$1 $#" in
"--show 3") grep -qx "$3" "$ROOT/installed" && printf installed ;;
"--show 2") sed 's/^/installed /' "$ROOT/installed" ;;
--listfiles*) shift; for name in "$@"; do echo "/usr/lib/systemd/system/$name.service"; done ;;
esac`,
  "apt-get": `while [ "$1" != -- ]; do [ $# -gt 1 ] || exit 0; shift; done
shift
echo "install $*" >>"$ROOT/apt"
for name in "$@"; do
  "$ROOT/usr/sbin/policy-rc.d" "$name" start; echo "$name $?" >>"$ROOT/starts"
  env -u HAPAIR_INSTALL "$ROOT/usr/sbin/policy-rc.d" other start; echo "other $?" >>"$ROOT/starts"
  echo "$name" >>"$ROOT/installed"; echo "$name.service" >>"$ROOT/enabled"
done
eval "\${APT_ENDS:-sleep 0.3}"`,
  dpkg: "",
  systemctl: `case $1 in
is-enabled) grep -qx "$2" "$ROOT/enabled" && echo enabled ;;
disable) sed -i "/^$2$/d" "$ROOT/enabled" ;;
esac`,
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hapair-packages-"));
  for (const folder of ["bin", "run", "usr/sbin", "etc"]) mkdirSync(at(folder), { recursive: true });
  for (const [name, text] of Object.entries(programs)) program(`bin/${name}`, text);
  writeFileSync(at("etc/os-release"), "ID=debian\nVERSION_ID=13\n");
  writeFileSync(at("installed"), "ufw\n");
  writeFileSync(at("enabled"), "ufw.service\n");
});
afterEach(() => rmSync(root, { recursive: true }));

function program(path: string, text: string): void {
  writeFileSync(at(path), `#!/bin/sh\n${text}\n`);
  chmodSync(at(path), 0o755);
}

const [host] = hostsOf(parseTopology(hostsConfig()));
if (!host) throw new Error("the example has hosts");
const script = packagesCommand(host).stdin;

function install(packages: readonly string[], env: Record<string, string> = {}, lockS = "5") {
  const here = script
    .replaceAll("/run/hapair-install", at("run/hapair-install"))
    .replaceAll("/usr/sbin/policy-rc.d", at("usr/sbin/policy-rc.d"))
    .replaceAll("/etc/os-release", at("etc/os-release"))
    .replace("--timeout 600", `--timeout ${lockS}`);
  return execa("sh", ["-u", "-s", "--", ...packages], {
    input: here,
    env: { ROOT: root, PATH: `${at("bin")}:${process.env.PATH}`, ...env },
    reject: false,
  });
}

test("only what is missing is installed, and it starts neither now nor at the next boot", async () => {
  expect(await install(["haproxy", "ufw", "keepalived"])).toMatchObject({ exitCode: 0, stderr: "" });
  expect(lines("apt")).toEqual(["install haproxy keepalived"]);
  expect(lines("starts").filter((line) => !line.startsWith("other"))).toEqual([
    "haproxy 101",
    "keepalived 101",
  ]);
  expect(lines("enabled")).toEqual(["ufw.service"]);
  expect(existsSync(at("usr/sbin/policy-rc.d"))).toBe(false);
});

test("another apt keeps the host's own policy of starts meanwhile, which stays", async () => {
  program("usr/sbin/policy-rc.d", "exit 42");
  expect((await install(["haproxy"])).exitCode).toBe(0);
  expect(lines("starts")).toEqual(["haproxy 101", "other 42"]);
  expect(readFileSync(at("usr/sbin/policy-rc.d"), "utf8")).toContain("exit 42");
  rmSync(at("usr/sbin/policy-rc.d"));
  await install(["keepalived"]);
  expect(lines("starts").at(-1)).toBe("other 0");
});

test("what a killed run has left is undone by the next, also where nothing is missing any more", async () => {
  program("usr/sbin/policy-rc.d", "exit 42");
  const killed = await install(["haproxy"], { APT_ENDS: "kill -9 $PPID" });
  expect(killed.exitCode).not.toBe(0);
  expect(readFileSync(at("usr/sbin/policy-rc.d"), "utf8")).not.toContain("exit 42");
  expect(lines("enabled")).toContain("haproxy.service");

  expect((await install(["haproxy"])).exitCode).toBe(0);
  expect(readFileSync(at("usr/sbin/policy-rc.d"), "utf8")).toContain("exit 42");
  expect(existsSync(at("usr/sbin/policy-rc.d.hapair"))).toBe(false);
  expect(lines("enabled")).toEqual(["ufw.service"]);
});

test("what an installation that fails has begun does not start at the next boot either", async () => {
  expect((await install(["haproxy"], { APT_ENDS: "exit 100" })).stderr).toContain("apt-get install failed:");
  expect(lines("enabled")).toEqual(["ufw.service"]);
});

test("two runs on one host follow each other, and the second does not wait for ever", async () => {
  const [first, second] = [install(["haproxy"]), install(["haproxy"])];
  expect([(await first).exitCode, (await second).exitCode]).toEqual([0, 0]);
  expect(lines("apt")).toEqual(["install haproxy"]);

  const running = install(["keepalived"], { APT_ENDS: "sleep 2" });
  while (lines("apt").length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await install(["keepalived"], {}, "0.1")).stderr).toMatch(
    /another installation .* wait for its end/,
  );
  expect((await running).exitCode).toBe(0);
});
