import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../hosts/onHost.ts";
import { holdsAgain } from "../hosts/ownServices.ts";
import { differences } from "../hosts/snapshot.ts";
import {
  applied,
  bundleFor,
  giveBack,
  install,
  lab,
  names,
  remembered,
  snapshot,
  stage,
} from "./existingHosts.ts";

const { own, pool } = names;

interface Killed {
  readonly name: string;
  readonly rounds: number;
}

/** Runs a command for a share of its length and kills it with every process that it started. */
async function killed(
  { name, rounds }: Killed,
  lengthMs: number,
  round: number,
  argv: readonly string[],
  input = "",
): Promise<string> {
  const afterS = (((round + Math.random()) * lengthMs) / rounds / 1000).toFixed(3);
  const { exitCode } = await exec(lab, name, ["timeout", "-s", "KILL", afterS, ...argv], input);
  return `killed after ${afterS} of ${(lengthMs / 1000).toFixed(3)} s (${exitCode})`;
}

async function lengthOf(work: () => Promise<unknown>): Promise<number> {
  const begun = Date.now();
  await work();
  return Date.now() - begun;
}

const isInstalled = async (name: string) =>
  (await exec(lab, name, ["test", "-e", "/usr/local/sbin/hapair"])).exitCode === 0;

/** Puts the program there and lets it take over what the machine has of its own. */
async function prepare(name: string, bundle: string): Promise<void> {
  await install(name);
  if (name !== own) return;
  const { exitCode, stderr } = await stage(name, bundle, "haproxy,keepalived,ufw");
  expect(exitCode, stderr).toBe(0);
}

async function expectAsBefore(name: string, message: string): Promise<void> {
  if (name === own) await holdsAgain(lab, name);
  expect(differences(remembered(name), await snapshot(name)), message).toEqual([]);
}

/** `kill -9` at moments spread over the whole duration of the first apply, and of a give-back. */
export function killTests(): void {
  it.each([
    { name: pool, rounds: 4 },
    { name: own, rounds: 2 },
  ])(
    "$name, whose first apply or give-back was killed at any moment, is given back as it was",
    async (machine) => {
      const { name, rounds } = machine;
      const bundle = bundleFor(name);
      // A node's first apply proves that a query gets through.
      if (name !== pool) {
        await install(pool);
        await applied(pool, bundleFor(pool));
      }
      await prepare(name, bundle);
      const applyMs = await lengthOf(() => applied(name, bundle));
      const giveBackMs = await lengthOf(() => giveBack(name));

      let kills = 0;
      for (let round = 0; round < rounds; round++) {
        await prepare(name, bundle);
        const first = await killed(machine, applyMs, round, ["hapair", "apply", "-"], bundle);
        await giveBack(name);
        await expectAsBefore(name, `apply ${first}`);

        await prepare(name, bundle);
        await applied(name, bundle);
        const second = await killed(machine, giveBackMs, round, ["hapair", "give-back"]);
        if (await isInstalled(name)) {
          kills++;
          await giveBack(name);
        }
        await expectAsBefore(name, `give-back ${second}`);
      }
      expect(kills, "give-backs that were killed before their end").toBeGreaterThanOrEqual(rounds / 2);
      if (name !== pool) await giveBack(pool);
      await must(lab, name, ["sh", "-c", "! ls -d /var/lib/hapair /usr/local/sbin/hapair* 2>/dev/null"]);
    },
    900_000,
  );
}
