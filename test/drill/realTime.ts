import { expect, test } from "vitest";
import { run, unitProperties } from "../../drills/machine.ts";
import { askHaproxy } from "../../drills/observe/daemons.ts";
import { unhealthy } from "../../drills/observe/health.ts";
import { watchHolders } from "../../drills/observe/watchHolders.ts";
import type { DrilledPair } from "../../drills/pair.ts";
import { waitUntil } from "../../drills/time.ts";

const unit = "keepalived";
const program = "/usr/sbin/keepalived";
const killed = /^\S+: Main process exited, code=killed, status=(?:9\/KILL|24\/XCPU)$/gm;
/** A program in keepalived's place that never waits. */
const endless = "#!/bin/sh\nwhile :; do :; done\n";

/** What keepalived may do to its host, as it comes before all other processes. */
export function realTimeTests(pair: () => DrilledPair): void {
  test("a keepalived that computes without end is ended by its bound, again and again, and its host goes on", async () => {
    const { lab, nodes, vip } = pair();
    const watch = watchHolders(lab, nodes, vip.address);
    const signal = AbortSignal.timeout(120_000);
    const healthy = () => waitUntil(() => unhealthy(pair(), watch), 30_000, signal);
    try {
      await healthy();
      const [holder] = watch.holders();
      const node = nodes.find((name) => name !== holder) ?? "";
      const on = (...argv: readonly string[]) => run(lab, node, argv);
      /** How often a process of its own has been killed, as systemd tells. */
      const kills = async () => (await on("journalctl", "-u", unit, "-o", "cat")).match(killed)?.length ?? 0;
      const before = await kills();
      await run(lab, node, ["sh", "-c", "cat > /run/endless && chmod 755 /run/endless"], endless);
      await on("mount", "--bind", "/run/endless", program);
      try {
        await on("systemctl", "--no-block", "restart", unit);
        const scheduling = async () => {
          const { MainPID = "0" } = await unitProperties(lab, node, unit, ["MainPID"]);
          return MainPID === "0" ? "" : on("chrt", "--pid", MainPID).catch(String);
        };
        await expect.poll(scheduling, { timeout: 10_000 }).toMatch(/SCHED_RR[\s\S]*: 50$/m);
        // Each run takes the two seconds of the bound.
        const since = async () => {
          expect(await askHaproxy(lab, node, "show info")).toContain("Pid:");
          return (await kills()) - before;
        };
        await expect.poll(since, { timeout: 30_000, interval: 200 }).toBeGreaterThanOrEqual(2);
        expect(watch.holders()).toEqual([holder]);
      } finally {
        await on("umount", program);
        await on("systemctl", "restart", unit);
      }
      await healthy();
    } finally {
      watch.stop();
    }
  }, 180_000);
}
