import { expect, test } from "vitest";
import { messageOf } from "../../base/failure.ts";
import { run, unitProperties } from "../../drills/machine.ts";
import { askHaproxy } from "../../drills/observe/daemons.ts";
import { unhealthy } from "../../drills/observe/health.ts";
import { watchHolders } from "../../drills/observe/watchHolders.ts";
import type { DrilledPair } from "../../drills/pair.ts";
import { waitUntil } from "../../drills/time.ts";

const unit = "keepalived";
const program = "/usr/sbin/keepalived";
const endless = "/run/endless";
const killed = /^\S+: Main process exited, code=killed, status=9\/KILL$/gm;

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
      const kills = async () =>
        (await on("journalctl", "--unit", unit, "--output", "cat")).match(killed)?.length ?? 0;
      const pid = async () => (await unitProperties(lab, node, unit, ["MainPID"])).MainPID ?? "0";

      const script = `printf '#!/bin/sh\\nwhile :; do :; done\\n' > ${endless}; chmod 755 ${endless}`;
      await on("sh", "-euc", `systemctl stop ${unit}; ${script}; mount --bind ${endless} ${program}`);
      const before = await kills();
      const changes = watch.changes.length;
      try {
        await on("systemctl", "--no-block", "start", unit);
        const scheduling = async () => {
          const now = await pid();
          return now === "0" ? "" : on("chrt", "--pid", now).catch(messageOf);
        };
        await expect.poll(scheduling, { timeout: 10_000 }).toMatch(/SCHED_RR[\s\S]*: 50$/m);
        const silent: string[] = [];
        const since = async () => {
          const info = await askHaproxy(lab, node, "show info").catch(messageOf);
          if (!info.includes("Pid:")) silent.push(info);
          return (await kills()) - before;
        };
        // Each of them takes the two seconds of the bound.
        await expect.poll(since, { timeout: 30_000, interval: 200 }).toBeGreaterThanOrEqual(2);
        expect(silent).toEqual([]);
        expect(watch.changes.slice(changes)).toEqual([]);
      } finally {
        await on("sh", "-c", `systemctl stop ${unit}; umount ${program}; rm ${endless}`);
        await on("systemctl", "start", unit);
      }
      await healthy();
    } finally {
      watch.stop();
    }
  }, 180_000);
}
