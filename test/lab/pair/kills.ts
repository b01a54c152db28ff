import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { apply, liveBundle, must, sha256, withFile } from "../hosts/onHost.ts";
import { ask, failuresMeanwhile } from "./client.ts";
import { type LabPair, roles } from "./labPair.ts";

const config = "etc/haproxy/haproxy.cfg";
const rounds = 10;

/** `kill -9` of `hapair apply`, at moments spread over its whole duration. */
export function killTests(lab: () => LabPair): void {
  it("a killed apply leaves one of the two bundles live and serving, and the next apply finishes", async () => {
    const { holder } = await roles(lab());
    const machine = lab().lab;
    const live = await liveBundle(machine, holder);
    const other = withFile(live, config, (cfg) => cfg.replace(/maxconn \d+/, "maxconn 3800"));
    const shas = [live.sha, sha256(other)];
    const configOf = async (sha: string) =>
      (await must(machine, holder, ["cat", `/var/lib/hapair/bundles/${sha}/${config}`])).stdout;

    const timed = async (text: string): Promise<number> => {
      const begun = performance.now();
      expect((await apply(machine, holder, text)).exitCode).toBe(0);
      return performance.now() - begun;
    };
    // The first one may wait for a reload that other tests have left: moments after the others' end would kill nothing.
    const lengthMs = Math.min(await timed(other), await timed(live.text));

    let kills = 0;
    const work = async () => {
      for (let round = 0; round < rounds; round++) {
        const [text, sha] = round % 2 === 0 ? [other, shas[1]] : [live.text, shas[0]];
        const afterS = ((round + Math.random()) * lengthMs) / rounds / 1000;
        // timeout(1) also kills every process that the program started.
        const argv = ["timeout", "-s", "KILL", afterS.toFixed(3), "hapair", "apply", "-"];
        const killed = await exec(machine, holder, argv, text);
        const moment = `killed after ${afterS.toFixed(3)} of ${(lengthMs / 1000).toFixed(3)} s (${killed.exitCode})`;

        const { stdout: current } = await must(machine, holder, ["readlink", "/var/lib/hapair/current"]);
        const now = current.replace("bundles/", "");
        expect(shas, moment).toContain(now);
        const { stdout: served } = await must(machine, holder, ["cat", `/${config}`]);
        // Compared as a boolean: a diff of the texts would print a password.
        expect(served === (await configOf(now)), moment).toBe(true);

        const { exitCode, stderr } = await apply(machine, holder, text);
        expect(exitCode, `${moment}, then: ${stderr}`).toBe(0);
        const status = JSON.parse((await must(machine, holder, ["hapair", "status", "--json"])).stdout);
        expect(status, moment).toMatchObject({ unfinished: null, edited: [], bundle: { live: sha } });
        if (killed.exitCode !== 0) kills++;
      }
    };
    expect(await failuresMeanwhile(lab(), work)).toEqual([]);
    expect(kills, "applies that were killed before their end").toBeGreaterThan(rounds / 2);
    expect(await ask(lab().forwardedUrl, "select 1")).toBe(1);
    expect((await roles(lab())).holder).toBe(holder);
  }, 300_000);
}
