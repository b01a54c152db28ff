import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { examineTarget } from "../../../../cli/targets/targets.ts";
import { parseTopology } from "../../../../topology/parse.ts";
import { vagrantConfig } from "../../../harness/testConfig.ts";

/** The doctor with programs of the test's own in place of Vagrant and VirtualBox. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-doctor-"));
  mkdirSync(join(folder, "bin"));
  vi.stubEnv("HOME", folder);
  vi.stubEnv("VAGRANT_HOME", undefined);
  vi.stubEnv("VAGRANT_DOTFILE_PATH", join(folder, "dotfiles"));
  vi.stubEnv("PATH", join(folder, "bin"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A program that notes how it was called, and answers what its name's cases say. */
function program(name: string, cases: Readonly<Record<string, string>>): void {
  const lines = Object.entries(cases).map(
    ([call, answer]) => `"${call}") /bin/cat <<'END'\n${answer}\nEND\n;;`,
  );
  const log = `printf '%s\\n' "${name} $*" >> ${folder}/calls`;
  const text = `#!/bin/sh\n${log}\ncase "$*" in\n${lines.join("\n")}\n*) echo "$*: no answer" >&2; exit 9 ;;\nesac\n`;
  writeFileSync(join(folder, "bin", name), text, { mode: 0o755 });
}

/** A network on which no machine is that runs this test. */
const cidr = "198.18.77.0/24";
const adapter = (name: string, address: string, wireless = "No") =>
  `Name:            ${name}\nIPAddress:       ${address}\nNetworkMask:     255.255.255.0\nWireless:        ${wireless}\nStatus:          Up\n`;
function programs({ vagrant = "2.3.4", virtualbox = "7.0.20r163906", states = "" } = {}): void {
  program("vagrant", { "--version": `Vagrant ${vagrant}`, "status --machine-readable": states });
  program("VBoxManage", {
    "--version": virtualbox,
    "list bridgedifs": adapter("wlan0", "198.18.77.5", "Yes"),
    "list systemproperties": `Default machine folder:          ${folder}/VirtualBox VMs`,
  });
  program("ip", {
    "-j -4 route show default": `[{"dst":"default","dev":"wlan0"}]`,
    "-j -4 address show": "[]",
  });
}

async function told(section: Record<string, unknown> = {}): Promise<readonly string[]> {
  const config = JSON.parse(JSON.stringify(vagrantConfig()).replaceAll("192.168.1.", "198.18.77."));
  const topology = parseTopology({ ...config, vagrant: { ...config.vagrant, ...section } });
  const findings = await examineTarget(topology, () => [], "vagrant");
  return findings.map(({ verdict, text }) => `${verdict}: ${text}`);
}

test("it tells at once what is wrong with tools, bridge, network and box", async () => {
  programs({ virtualbox: "7.1.4r165100" });
  const box = { file: join(folder, "no.box") };
  expect(await told({ box })).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^wrong: VirtualBox 7\.1\.4 needs Vagrant 2\.4\.2 or newer, and this is 2\.3\.4/),
      expect.stringMatching(/^later: wlan0 is Wi-Fi: /),
      expect.stringMatching(
        new RegExp(`^wrong: network\\.cidr: is ${cidr}, and this machine has no address in it`),
      ),
      expect.stringMatching(/^wrong: vagrant\.box\.file: /),
    ]),
  );
  expect(await told({ bridge: "eth7" })).toContainEqual(
    expect.stringMatching(/^wrong: vagrant\.bridge: no adapter that is up fits eth7: there is wlan0/),
  );
});

test("it tells once that a program is missing, whatever it would have been asked", async () => {
  program("ip", { "-j -4 route show default": "[]", "-j -4 address show": "[]" });
  const findings = await told();
  expect(findings.filter((line) => line.includes("VBoxManage"))).toEqual([
    "wrong: VBoxManage could not be run: install VirtualBox (docs/vagrant.md says which version), or add it to PATH",
  ]);
  expect(findings.filter((line) => line.includes("vagrant could not be run"))).toHaveLength(1);
});

test("it only asks, and asks Vagrant for states only where that has made machines", async () => {
  programs({ states: "1,haproxy1,state,running\n1,haproxy2,state,poweroff" });
  await told();
  const calls = () => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
  expect(calls()).not.toContain("vagrant status --machine-readable");
  const machine = join(folder, "dotfiles/machines/haproxy1/virtualbox");
  mkdirSync(machine, { recursive: true });
  writeFileSync(join(machine, "id"), "x");
  await told();
  expect(calls()).toContain("vagrant status --machine-readable");
  for (const call of calls())
    expect(call).toMatch(
      /^(\w+ --version|VBoxManage list \w+|vagrant status --machine-readable|ip -j -4 (route show default|address show))$/,
    );
});

test("machines of which nobody says whether they run are told as unknown", async () => {
  programs();
  program("vagrant", { "--version": "Vagrant 2.3.4" });
  const machine = join(folder, "dotfiles/machines/db1/virtualbox");
  mkdirSync(machine, { recursive: true });
  writeFileSync(join(machine, "id"), "x");
  expect(await told()).toContainEqual(
    expect.stringMatching(/^unknown: which of db1 run is not known: vagrant status .*no answer/),
  );
});

test("with libvirt it misses the plugin of Vagrant", async () => {
  program("vagrant", { "--version": "Vagrant 2.4.9", "plugin list --machine-readable": "No plugins" });
  program("ip", {
    "-j -4 route show default": "[]",
    "-j -4 address show type bridge": "[]",
    "-j -4 address show": "[]",
  });
  expect(await told({ provider: "libvirt" })).toContainEqual(
    expect.stringMatching(/^wrong: Vagrant's plugin vagrant-libvirt is missing/),
  );
});
