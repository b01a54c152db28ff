import { setTimeout as delay } from "node:timers/promises";
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
/** The pair without it. */
const pair = [
  { name: "haproxy1", address: "10.0.1.20" },
  { name: "haproxy3", address: "10.0.1.22" },
];
const watchedMs = 1500;

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
    const [worked] = await Promise.allSettled([work()]);
    const seen = await stays.stop();
    const { queries, failures } = await served.stop();
    if (worked.status === "rejected") throw worked.reason;
    console.log(`${queries} queries`);
    expect({ ...seen, failures }).toEqual(untouched);
  }

  const takes = (node: string) =>
    waitFor(30_000, async () => ((await holds(lab().lab, node)) ? true : undefined));

  /** It waits, and says so; long enough for a node that hears no adverts to take the address several times over. */
  async function waits(): Promise<void> {
    const isTold = async () => {
      const bids = await exec(lab().lab, joiner, ["systemctl", "is-active", "keepalived", "hapair-join"]);
      return bids.exitCode === 0 && (await words(joiner)).stdout.includes("does not bid") ? true : undefined;
    };
    expect(await waitFor(30_000, isTold), (await words(joiner)).stdout).toBe(true);
    await delay(watchedMs);
  }

  test("a node that was let go, and comes back with the bundle that it had, stays out while its peer holds the address", {
    timeout: 120_000,
  }, async () => {
    await nothingMoves(async () => {
      await lab().start(joiner);
      await waits();
    });
    expect((await words(joiner)).stdout).toMatch(
      /warning +this node does not bid for 10\.0\.1\.100 yet: haproxy1 does not know it as a peer: npm run up /,
    );
  });

  test("where it is made a third node and the holder is left out, it stays out", {
    timeout: 200_000,
  }, async () => {
    const { haproxy1, haproxy2, db1 } = lab().logins;
    lab().configurePair({ nodes: [...pair, { name: joiner, address: "10.0.1.21" }] });
    lab().configure({}, { machines: { haproxy1, haproxy3: spare(), haproxy2, db1 } });
    await nothingMoves(async () => {
      const { exitCode, stderr } = await up("--without", "haproxy1");
      expect(exitCode, stderr).toBe(0);
      await waits();
    });
    expect((await words(joiner)).stdout).toMatch(/does not bid for 10\.0\.1\.100 yet: haproxy1 /);
  });

  test("it takes the address and serves once nobody has it, and stays out after its next start", {
    timeout: 120_000,
  }, async () => {
    for (const node of ["haproxy1", "haproxy3"]) await systemctl(node, "stop", "keepalived");
    expect(await takes(joiner), (await words(joiner)).stdout).toBe(true);
    await waitForSql(await databaseUrl(lab()), 10_000);

    await systemctl(joiner, "stop", "keepalived", "hapair-join");
    await systemctl("haproxy1", "start", "keepalived");
    expect(await takes("haproxy1")).toBe(true);
    await systemctl("haproxy3", "start", "keepalived");
    await nothingMoves(async () => {
      await systemctl(joiner, "start", "hapair-join");
      await systemctl(joiner, "start", "keepalived");
      await waits();
    });
  });

  test("it joins as a backup once the holder has its bundle too", { timeout: 200_000 }, async () => {
    await nothingMoves(async () => {
      const since = String(Date.now() / 1000);
      const { exitCode, stderr } = await up();
      expect(exitCode, stderr).toBe(0);
      const isBackup = async () =>
        (await statesSince(lab().lab, joiner, since)).at(-1) === "BACKUP" ? true : undefined;
      expect(await waitFor(20_000, isBackup), (await words(joiner)).stdout).toBe(true);
      await delay(watchedMs);
    });
    expect((await words(joiner)).stdout).not.toContain("does not bid");
    const status = await lab().command("status", "hosts").ended;
    expect(status.exitCode, status.stdout).toBe(0);

    // As it was before.
    kill(lab().lab, joiner);
    lab().configurePair({ nodes: pair });
    const { haproxy1, db1 } = lab().logins;
    lab().configure({}, { machines: { haproxy1, haproxy3: spare(), db1 } });
    const left = await up("--without", joiner);
    expect(left.exitCode, left.stderr).toBe(0);
  });
}
