import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../hosts/onHost.ts";
import { giveBack, lab, names } from "./existingHosts.ts";
import { remembered, snapshot } from "./snapshot.ts";

const { own, fresh, pool } = names;
const syslogFile = "/etc/rsyslog.d/40-hapair.conf";

export function givenBackTests(): void {
  it("a host with a configuration of its own runs that again: files, units, firewall and kernel are as before", async () => {
    expect(await giveBack(own)).toMatchObject({ outcome: "given back", troubles: [] });
    // It came after the first snapshot, and is restored like all else.
    expect((await must(lab, own, ["stat", "-c", "%a", syslogFile])).stdout).toBe("600");
    expect((await must(lab, own, ["cat", syslogFile])).stdout).toBe("# mine");
    await must(lab, own, ["rm", syslogFile]);
    const held = "until ip -brief address | grep -q 10.0.1.100; do sleep 0.2; done";
    await must(lab, own, ["timeout", "20", "sh", "-c", held]);
    expect(await snapshot(own)).toEqual(remembered(own));
    const page = await must(lab, own, ["curl", "--silent", "--max-time", "5", "http://127.0.0.1:8080/"]);
    expect(page.stdout).toBe("mine");
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
