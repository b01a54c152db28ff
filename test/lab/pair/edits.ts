import { expect, it } from "vitest";
import { hostStatuses } from "../../../cli/hosts/ask.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { apply, liveBundle, must, withFile } from "../hosts/onHost.ts";
import { type LabPair, roles } from "./labPair.ts";

const config = "etc/haproxy/haproxy.cfg";

/** Manual edits of a host's files, and `hapair rollback`. */
export function editTests(lab: () => LabPair): void {
  const editedOn = async (machine: string) => {
    const statuses = await hostStatuses(lab().outputs.ssh);
    return statuses.find(({ host }) => host === machine)?.report?.edited;
  };

  it.each([
    ["in place", ["sh", "-c", `echo '# edited' >> /${config}`]],
    ["by an editor that writes a new file", ["sed", "-i", "$ a # edited", `/${config}`]],
  ])("a file edited %s is reported, and the next apply moves it aside", async (_, edit) => {
    const { backup } = await roles(lab());
    const live = await liveBundle(lab().lab, backup);
    await must(lab().lab, backup, edit);
    expect(await editedOn(backup)).toEqual([config]);

    const { exitCode, stdout } = await exec(lab().lab, backup, ["hapair", "apply", live.sha, "--json"]);
    expect([exitCode, JSON.parse(stdout).edited]).toEqual([0, [config]]);
    expect(await editedOn(backup)).toEqual([]);
    const { stdout: now } = await must(lab().lab, backup, ["cat", `/${config}`]);
    expect(now.includes("# edited"), "the edit is still live").toBe(false);
    const last = `cat "$(ls -d /var/lib/hapair/edited/* | tail -n 1)/${config}"`;
    // Compared as a boolean: a diff of the texts would print a password.
    expect((await must(lab().lab, backup, ["sh", "-c", last])).stdout === `${now}\n# edited`).toBe(true);
  });

  it("rollback goes back one bundle, and applying the newer bundle goes forward again", async () => {
    const { backup } = await roles(lab());
    const before = await liveBundle(lab().lab, backup);
    const text = withFile(before, config, (cfg) => cfg.replace(/maxconn \d+/, "maxconn 3700"));
    expect((await apply(lab().lab, backup, text)).exitCode).toBe(0);
    const after = await liveBundle(lab().lab, backup);
    expect(after.sha).not.toBe(before.sha);

    await must(lab().lab, backup, ["hapair", "rollback"]);
    expect((await liveBundle(lab().lab, backup)).sha).toBe(before.sha);
    await must(lab().lab, backup, ["hapair", "apply", after.sha]);
    expect((await liveBundle(lab().lab, backup)).sha).toBe(after.sha);
    await must(lab().lab, backup, ["hapair", "rollback"]);
    expect((await liveBundle(lab().lab, backup)).sha).toBe(before.sha);
  });
}
