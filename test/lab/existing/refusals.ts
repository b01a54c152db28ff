import { afterEach, expect, test } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../hosts/onHost.ts";
import { type BareLab, machineNames } from "./bareLab.ts";

/** What cannot be taken over: named before anything is touched. */
export function refusalTests(lab: () => BareLab): void {
  afterEach(async () => {
    lab().configure();
    for (const name of machineNames) {
      const programs = ["haproxy", "keepalived", "ufw", "pgbouncer"].map((program) => `/usr/sbin/${program}`);
      const touched = await exec(lab().lab, name, ["ls", "-d", ...programs, "/usr/local/sbin/hapair"]);
      expect(touched.stdout, name).toBe("");
    }
  });

  const refusal = async () => {
    const { exitCode, stderr } = await lab().command("up", "hosts").ended;
    expect(exitCode, stderr).toBe(1);
    return stderr.split("\n");
  };

  test("an os-release of Debian 12, a login without sudo and another host key are told at once, a sentence each", async () => {
    const { logins, configure } = lab();
    await must(lab().lab, "haproxy1", [
      ...["sed", "-i.kept", "s/13/12/; s/trixie/bookworm/", "/usr/lib/os-release"],
    ]);
    await must(lab().lab, "db1", ["mv", "/etc/sudoers.d/lab", "/root/sudoers"]);
    configure({}, { machines: { ...logins, haproxy2: { ...logins.haproxy2, hostKey: logins.db1.hostKey } } });
    const told = await refusal();
    expect(told).toContain(
      "haproxy1: has Debian GNU/Linux 12 (bookworm), and hapair needs Debian 13: upgrade it, or choose another machine",
    );
    expect(told).toContainEqual(
      expect.stringMatching(/^db1: the login may not become root \(sudo: .*password.*\): give it sudo/),
    );
    expect(told).toContainEqual(
      expect.stringMatching(/^haproxy2: admin@127\.0\.0\.1:\d+ shows another host key than the config has/),
    );
    await must(lab().lab, "haproxy1", ["mv", "/usr/lib/os-release.kept", "/usr/lib/os-release"]);
    await must(lab().lab, "db1", ["mv", "/root/sudoers", "/etc/sudoers.d/lab"]);
  });

  test("an address on two interfaces, a login that would be locked out and a wrong user are told at once", async () => {
    const { logins, configure } = lab();
    await must(lab().lab, "db1", ["ip", "link", "add", "second", "type", "veth", "peer", "name", "other"]);
    await must(lab().lab, "db1", ["ip", "address", "add", "10.0.1.30/32", "dev", "second"]);
    configure(
      { firewall: { ssh: ["10.0.1.200/32"] } },
      { machines: { ...logins, haproxy2: { ...logins.haproxy2, user: "nobody" } } },
    );
    const told = await refusal();
    await must(lab().lab, "db1", ["ip", "link", "delete", "second"]);
    expect(told).toContainEqual(
      expect.stringMatching(
        /^db1: has the address 10\.0\.1\.30 on several interfaces \((host0, second|second, host0)\)/,
      ),
    );
    expect(told).toContainEqual(
      expect.stringMatching(
        /^haproxy1: the login comes from 10\.0\.1\.10, .* add 10\.0\.1\.10\/32 to firewall\.ssh$/,
      ),
    );
    expect(told).toContainEqual(
      expect.stringMatching(/^haproxy2: nobody@127\.0\.0\.1:\d+ accepts none of the keys/),
    );
  });

  test("two names for one machine, which lacks the second one's address, are told", async () => {
    const { logins, configure } = lab();
    configure({}, { machines: { ...logins, haproxy2: { ...logins.haproxy1, address: "localhost" } } });
    const told = await refusal();
    expect(told).toContainEqual(expect.stringMatching(/^haproxy2: is the same machine as haproxy1/));
    expect(told).toContainEqual(
      expect.stringMatching(/^haproxy2: has the address 10\.0\.1\.21 on no interface/),
    );
  });

  test("a virtual address that another machine of the network has is told, with that machine's hardware address", async () => {
    await must(lab().lab, "app", ["ip", "address", "add", "10.0.1.100/32", "dev", "br0"]);
    const told = await refusal();
    await must(lab().lab, "app", ["ip", "address", "delete", "10.0.1.100/32", "dev", "br0"]);
    expect(told).toContainEqual(
      expect.stringMatching(
        /^pg: another machine has the virtual address 10\.0\.1\.100 already \(hardware address 02:00:00:00:00:0a, seen from haproxy[12]\)/,
      ),
    );
  });

  test("a node on whose interface somebody has put the virtual address is told, and keeps it", async () => {
    await must(lab().lab, "haproxy2", ["ip", "address", "add", "10.0.1.100/32", "dev", "host0"]);
    const told = await refusal();
    const { stdout } = await must(lab().lab, "haproxy2", ["ip", "-brief", "address"]);
    await must(lab().lab, "haproxy2", ["ip", "address", "delete", "10.0.1.100/32", "dev", "host0"]);
    expect(stdout).toContain("10.0.1.100/32");
    expect(told).toContainEqual(
      expect.stringMatching(
        /^pg: haproxy2 has the virtual address 10\.0\.1\.100 already, and not from hapair/,
      ),
    );
  });

  test("a package that another one of the host's would have to go for is not installed, and stays to a person", async () => {
    const make = `mkdir -p /tmp/own-syslog/DEBIAN
printf 'Package: own-syslog\\nVersion: 1\\nArchitecture: all\\nMaintainer: me <me@example.com>\\nProvides: system-log-daemon\\nDescription: mine\\n' >/tmp/own-syslog/DEBIAN/control
dpkg-deb --build /tmp/own-syslog /tmp/own-syslog.deb && dpkg --install /tmp/own-syslog.deb`;
    // On every host: those without it would go on and install their packages.
    for (const name of machineNames) await must(lab().lab, name, ["sh", "-e", "-c", make]);
    const told = (await refusal()).join("\n");
    for (const name of machineNames) {
      const { stdout } = await must(lab().lab, name, ["dpkg-query", "--show", "own-syslog"]);
      expect(stdout, name).toContain("own-syslog");
      await must(lab().lab, name, ["sh", "-c", "dpkg --purge own-syslog; rm -r /tmp/own-syslog*"]);
    }
    expect(told).toMatch(
      /this host has own-syslog, which conflicts with the packages that it needs, and nothing was removed: remove it \(sudo apt-get remove own-syslog\)/,
    );
  }, 200_000);

  test("packages that apt cannot get fail with apt's own words", { timeout: 120_000 }, async () => {
    const { stdout: source } = await must(lab().lab, "db1", ["cat", "/etc/apt/sources.list"]);
    await must(lab().lab, "db1", ["tee", "/etc/apt/sources.list"], source.replace("8099", "8098"));
    // The other hosts would go on: without their source too, nothing is installed anywhere.
    for (const name of ["haproxy1", "haproxy2"])
      await must(lab().lab, name, ["tee", "/etc/apt/sources.list"], source.replace("8099", "8098"));
    const told = (await refusal()).join("\n");
    for (const name of machineNames) await must(lab().lab, name, ["tee", "/etc/apt/sources.list"], source);
    expect(told).toMatch(
      /apt-get (update|install) failed:\s+[EW]: .*(10\.0\.1\.10|Unable to locate package)/,
    );
  });
}
