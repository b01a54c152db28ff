import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../hosts/onHost.ts";
import { holdsAgain, ownPage } from "../hosts/ownServices.ts";
import { differences } from "../hosts/snapshot.ts";
import { giveBack, lab, names, remembered, snapshot } from "./existingHosts.ts";

const { own, fresh, pool } = names;
const syslogFile = "/etc/rsyslog.d/40-hapair.conf";
const needsHuman = 3;

export function givenBackTests(): void {
  it("a keepalived of a host's own stays stopped while the pair's other node has its virtual address", async () => {
    const logSockets = async () => {
      await must(lab, own, ["logger", "a line"]);
      return (await must(lab, own, ["ss", "-Huanp"])).stdout;
    };
    await expect.poll(logSockets, { timeout: 10_000 }).toContain("rsyslogd");

    const { exitCode, stdout } = await exec(lab, own, ["hapair", "give-back", "--json"]);
    expect(exitCode, stdout).toBe(needsHuman);
    const { outcome, troubles } = JSON.parse(stdout);
    expect([outcome, troubles]).toEqual([
      "stuck",
      [expect.stringMatching(/^keepalived\.service stays stopped: .* 10\.0\.1\.100 \(hardware address /)],
    ]);
    const addresses = async (name: string) =>
      (await must(lab, name, ["ip", "-4", "-brief", "address"])).stdout;
    expect(await addresses(own)).not.toContain("10.0.1.100/");
    expect(await addresses(fresh)).toContain("10.0.1.100/");
    // All else is its own again, and nothing of the bundle's logging is left.
    expect(await ownPage(lab, own)).toBe("mine");
    for (let line = 0; line < 10; line++) expect(await logSockets()).not.toContain("rsyslogd");
  }, 300_000);

  it.each([fresh, pool])(
    "%s, a plain machine, is as it was",
    async (name) => {
      expect(await giveBack(name)).toMatchObject({ outcome: "given back", troubles: [] });
      expect(differences(remembered(name), await snapshot(name))).toEqual([]);
      expect((await exec(lab, name, ["sh", "-c", "command -v hapair"])).exitCode).not.toBe(0);
    },
    300_000,
  );

  it("once the pair is gone, the host with a configuration of its own runs that again: files, units, firewall and kernel are as before", async () => {
    const started = ["keepalived.service"];
    expect(await giveBack(own)).toMatchObject({ outcome: "given back", troubles: [], stopped: [], started });
    // It came after the first snapshot, and is restored like all else.
    expect((await must(lab, own, ["stat", "-c", "%a", syslogFile])).stdout).toBe("600");
    expect((await must(lab, own, ["cat", syslogFile])).stdout).toBe("# mine");
    await must(lab, own, ["rm", syslogFile]);
    await holdsAgain(lab, own);
    expect(differences(remembered(own), await snapshot(own))).toEqual([]);
    expect(await ownPage(lab, own)).toBe("mine");
  }, 300_000);
}
