import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../hosts/onHost.ts";
import { applied, bundleFor, giveBack, install, lab, names, remembered, snapshot } from "./existingHosts.ts";

const { pool } = names;
const rounds = 6;

/** Runs a command for a share of its length and kills it with every process that it started. */
async function killed(lengthMs: number, round: number, argv: readonly string[], input = ""): Promise<string> {
  const afterS = (((round + Math.random()) * lengthMs) / rounds / 1000).toFixed(3);
  const { exitCode } = await exec(lab, pool, ["timeout", "-s", "KILL", afterS, ...argv], input);
  return `killed after ${afterS} of ${(lengthMs / 1000).toFixed(3)} s (${exitCode})`;
}

async function lengthOf(work: () => Promise<unknown>): Promise<number> {
  const begun = Date.now();
  await work();
  return Date.now() - begun;
}

const isInstalled = async () =>
  (await exec(lab, pool, ["test", "-e", "/usr/local/sbin/hapair"])).exitCode === 0;

/** `kill -9` at moments spread over the whole duration of the first apply, and of a give-back. */
export function killTests(): void {
  it("a host whose first apply or give-back was killed at any moment is given back as it was", async () => {
    const bundle = bundleFor(pool);
    await install(pool);
    const applyMs = await lengthOf(() => applied(pool, bundle));
    const giveBackMs = await lengthOf(() => giveBack(pool));

    let kills = 0;
    for (let round = 0; round < rounds; round++) {
      await install(pool);
      const first = await killed(applyMs, round, ["hapair", "apply", "-"], bundle);
      await giveBack(pool);
      expect(await snapshot(pool), `apply ${first}`).toEqual(remembered(pool));

      await install(pool);
      await applied(pool, bundle);
      const second = await killed(giveBackMs, round, ["hapair", "give-back"]);
      if (await isInstalled()) {
        kills++;
        await giveBack(pool);
      }
      expect(await snapshot(pool), `give-back ${second}`).toEqual(remembered(pool));
    }
    expect(kills, "give-backs that were killed before their end").toBeGreaterThan(rounds / 2);
    await must(lab, pool, ["sh", "-c", "! ls -d /var/lib/hapair /usr/local/sbin/hapair* 2>/dev/null"]);
  }, 900_000);
}
