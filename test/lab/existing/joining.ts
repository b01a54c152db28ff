import { expect, test } from "vitest";
import { waitFor } from "../../../base/waitFor.ts";
import { waitForSql } from "../../../cli/clients/waitForSql.ts";
import { kill } from "../../../lab/faults/power.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../hosts/onHost.ts";
import type { BareLab, MachineLogin } from "./bareLab.ts";
import { holds, statesSince, watchStays } from "./holder.ts";
import { databaseUrl, watchSql } from "./sql.ts";

const untouched = { elsewhere: [], takers: [], failures: [] };
const joiner = "haproxy2";
const running = ["haproxy1", "haproxy3"] as const;

/**
 * A node that was away comes back to a pair that runs without it, haproxy1 as holder and haproxy3, and joins it again.
 * Until its peers know it, it takes the address only where nobody has it.
 */
export function joiningTests(lab: () => BareLab, spare: () => MachineLogin): void {
  const up = (...args: readonly string[]) => lab().command("up", "hosts", ...args).ended;
  const words = (node: string) => exec(lab().lab, node, ["hapair", "status"]);
  const systemctl = (node: string, ...args: readonly string[]) =>
    must(lab().lab, node, ["systemctl", ...args]);

  /** Runs `work` under queries: none fails, and the address stays on haproxy1 alone. */
  async function nothingMoves(work: () => Promise<void>): Promise<void> {
    const served = watchSql(await databaseUrl(lab()));
    const stays = watchStays(lab().lab, "haproxy1", ["haproxy3", joiner]);
    await work();
    const seen = await stays.stop();
    const { queries, failures } = await served.stop();
    console.log(`${queries} queries`);
    expect({ ...seen, failures }).toEqual(untouched);
  }

  /** The state of a node's keepalived, as its log has it. */
  const enters = (node: string, state: string, since: string) =>
    waitFor(20_000, async () =>
      (await statesSince(lab().lab, node, since)).at(-1) === state ? true : undefined,
    );

  test("a node that was let go, and comes back with the bundle that it had, stays out while its peer holds the address", {
    timeout: 120_000,
  }, async () => {
    await nothingMoves(async () => {
      const since = String(Date.now() / 1000);
      await lab().start(joiner);
      const told = await waitFor(30_000, async () =>
        (await words(joiner)).stdout.includes("does not bid") ? true : undefined,
      );
      expect(told, (await words(joiner)).stdout).toBe(true);
      expect(await enters(joiner, "FAULT", since)).toBe(true);
    });
    expect((await words(joiner)).stdout).toMatch(
      /warning +this node does not bid for 10\.0\.1\.100 yet: haproxy1 runs and does not answer it: .*npm run up/,
    );
  });

  test("it takes the address once nobody has it", { timeout: 120_000 }, async () => {
    for (const node of running) await systemctl(node, "stop", "keepalived");
    const taken = await waitFor(30_000, async () => ((await holds(lab().lab, joiner)) ? true : undefined));
    expect(taken, (await words(joiner)).stdout).toBe(true);
    await waitForSql(await databaseUrl(lab()), 10_000);

    await systemctl(joiner, "stop", "keepalived", "hapair-join");
    await systemctl("haproxy1", "start", "keepalived");
    const back = await waitFor(20_000, async () => ((await holds(lab().lab, "haproxy1")) ? true : undefined));
    expect(back).toBe(true);
    await systemctl("haproxy3", "start", "keepalived");
    await nothingMoves(async () => {
      const since = String(Date.now() / 1000);
      await systemctl(joiner, "start", "hapair-join");
      await systemctl(joiner, "start", "keepalived");
      expect(await enters(joiner, "FAULT", since)).toBe(true);
    });
  });

  test("it joins as a third node, while the holder is left out and after that, and then is a backup", {
    timeout: 400_000,
  }, async () => {
    const { haproxy1, haproxy2, db1 } = lab().logins;
    lab().configurePair({
      nodes: [
        { name: "haproxy1", address: "10.0.1.20" },
        { name: "haproxy3", address: "10.0.1.22" },
        { name: joiner, address: "10.0.1.21" },
      ],
    });
    lab().configure({}, { machines: { haproxy1, haproxy3: spare(), haproxy2, db1 } });
    await nothingMoves(async () => {
      const without = await up("--without", "haproxy1");
      expect(without.exitCode, without.stderr).toBe(0);
    });
    expect((await words(joiner)).stdout).toMatch(/does not bid for 10\.0\.1\.100 yet: haproxy1 /);

    await nothingMoves(async () => {
      const since = String(Date.now() / 1000);
      const { exitCode, stderr } = await up();
      expect(exitCode, stderr).toBe(0);
      expect(await enters(joiner, "BACKUP", since)).toBe(true);
    });
    expect((await words(joiner)).stdout).not.toContain("does not bid");
    const status = await lab().command("status", "hosts").ended;
    expect(status.exitCode, status.stdout).toBe(0);

    // As it was before.
    kill(lab().lab, joiner);
    lab().configurePair({
      nodes: [
        { name: "haproxy1", address: "10.0.1.20" },
        { name: "haproxy3", address: "10.0.1.22" },
      ],
    });
    lab().configure({}, { machines: { haproxy1, haproxy3: spare(), db1 } });
    const left = await up("--without", joiner);
    expect(left.exitCode, left.stderr).toBe(0);
  });
}
