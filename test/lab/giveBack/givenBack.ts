import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../hosts/onHost.ts";
import { holdsAgain, ownPage } from "../hosts/ownServices.ts";
import { giveBack, lab, names, remembered, snapshot } from "./existingHosts.ts";

const { own, fresh, pool } = names;
const syslogFile = "/etc/rsyslog.d/40-hapair.conf";

export function givenBackTests(): void {
  it("a host with a configuration of its own runs that again: files, units, firewall and kernel are as before", async () => {
    expect(await giveBack(own)).toMatchObject({ outcome: "given back", troubles: [] });
    // It came after the first snapshot, and is restored like all else.
    expect((await must(lab, own, ["stat", "-c", "%a", syslogFile])).stdout).toBe("600");
    expect((await must(lab, own, ["cat", syslogFile])).stdout).toBe("# mine");
    await must(lab, own, ["rm", syslogFile]);
    await holdsAgain(lab, own);
    expect(await snapshot(own)).toEqual(remembered(own));
    expect(await ownPage(lab, own)).toBe("mine");
  }, 300_000);

  it.each([fresh, pool])(
    "%s, a plain machine, is as it was",
    async (name) => {
      expect(await giveBack(name)).toMatchObject({ outcome: "given back", troubles: [] });
      expect(await snapshot(name)).toEqual(remembered(name));
      expect((await exec(lab, name, ["sh", "-c", "command -v hapair"])).exitCode).not.toBe(0);
    },
    300_000,
  );
}
