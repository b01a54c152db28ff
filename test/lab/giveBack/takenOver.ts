import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { must, occupy } from "../hosts/onHost.ts";
import { differences } from "../hosts/snapshot.ts";
import { applied, bundleFor, lab, names, remembered, snapshot, stage } from "./existingHosts.ts";

const { own, fresh, pool } = names;
const badInput = 2;
/** Adds a path to every host: the file that sends logs to this server. */
const withSyslog = { syslog: { address: "10.0.1.10", port: 1514, protocol: "udp" } };
const syslogFile = "/etc/rsyslog.d/40-hapair.conf";

export function takenOverTests(): void {
  it("machines with the packages' own configuration are taken over without a word", async () => {
    for (const name of [pool, fresh]) {
      expect((await stage(name, bundleFor(name))).exitCode, name).toBe(0);
      await applied(name, bundleFor(name));
    }
  }, 300_000);

  it("what is somebody's own is refused by name, all at once and before anything is touched", async () => {
    const port = 8404;
    const other = await occupy(lab, own, port);
    const { exitCode, stderr } = await stage(own, bundleFor(own)).finally(() => other.leave());
    expect(exitCode).toBe(badInput);
    for (const named of [
      /\/etc\/haproxy\/haproxy\.cfg was changed since its package was installed: .*--take-over haproxy/,
      /\/etc\/keepalived\/keepalived\.conf is somebody's own: .*--take-over keepalived/,
      /\/etc\/ufw\/user\.rules is somebody's own: .*--take-over ufw/,
      /virtual address 10\.0\.1\.100 is on this host already, held by keepalived/,
      new RegExp(`bind :${port}: the port is taken by node`),
      /hapair stage --take-over haproxy,keepalived,ufw/,
    ])
      expect(stderr).toMatch(named);
    expect(differences(remembered(own), await snapshot(own))).toEqual([]);
    expect((await exec(lab, own, ["hapair", "apply", "-"], bundleFor(own))).exitCode).toBe(badInput);
    expect(differences(remembered(own), await snapshot(own))).toEqual([]);
  }, 120_000);

  it("with its services named it is taken over, and what it had is kept for root alone", async () => {
    expect((await stage(own, bundleFor(own), "haproxy,keepalived", "ufw")).exitCode).toBe(0);
    await applied(own, bundleFor(own));
    const kept = await must(lab, own, ["cat", "/var/lib/hapair/before/files/etc/haproxy/haproxy.cfg"]);
    expect(kept.stdout).toContain("frontend mine");
    const asNobody = ["setpriv", "--reuid=nobody", "--clear-groups", "ls", "/var/lib/hapair/before"];
    expect((await exec(lab, own, asNobody)).stderr).toContain("Permission denied");
    const status = JSON.parse((await must(lab, own, ["hapair", "status", "--json"])).stdout);
    expect(status).toMatchObject({ edited: [], unfinished: null, problems: [] });
    const holders = async () => {
      const found = [own, fresh].map((name) => exec(lab, name, ["ip", "-4", "-brief", "address"]));
      return (await Promise.all(found)).filter(({ stdout }) => stdout.includes("10.0.1.100/")).length;
    };
    await expect.poll(holders, { timeout: 30_000, interval: 200 }).toBe(1);
  }, 300_000);

  it("a later bundle that takes one more path is refused where that is somebody's own, then adds it to what is kept", async () => {
    await must(lab, own, ["sh", "-c", `echo '# mine' > ${syslogFile} && chmod 0600 ${syslogFile}`]);
    const later = bundleFor(own, withSyslog);
    expect(await stage(own, later)).toMatchObject({
      exitCode: badInput,
      stderr: expect.stringMatching(new RegExp(`${syslogFile} is somebody's own: .*--take-over rsyslog`)),
    });
    expect((await stage(own, later, "rsyslog")).exitCode).toBe(0);
    await applied(own, later);
    const { stdout } = await must(lab, own, ["cat", "/var/lib/hapair/before/files/etc/haproxy/haproxy.cfg"]);
    expect(stdout).toContain("frontend mine");
  }, 300_000);
}
