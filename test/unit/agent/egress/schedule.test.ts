import { describe, expect, test } from "vitest";
import { scheduleOf } from "../../../../agent/egress/schedule.ts";

describe("the schedule of probes", () => {
  const servers = ["a", "b", "c"];
  const times = { intervalMs: 5000, limitMs: 3000, startMs: 100_000 };
  /** Starts of each server's probes within a minute, in ticks of 250 ms. */
  function begins(during: (schedule: ReturnType<typeof scheduleOf>, nowMs: number) => void = () => {}) {
    const schedule = scheduleOf(servers, times);
    const found: { server: string; ms: number }[] = [];
    for (let nowMs = 100_000; nowMs < 160_000; nowMs += 250) {
      during(schedule, nowMs);
      for (const server of servers) {
        if (!schedule.begins(server, nowMs)) continue;
        found.push({ server, ms: nowMs - 100_000 });
        schedule.ended(server);
      }
    }
    return found;
  }

  test("begins with all servers at once and then spreads them over the interval", () => {
    const found = begins();
    expect(found.slice(0, 3).map(({ ms }) => ms)).toEqual([0, 0, 0]);
    for (const server of servers) {
      const own = found.filter((one) => one.server === server && one.ms > 0).map(({ ms }) => ms);
      expect(own.length).toBeGreaterThanOrEqual(11);
      for (const [index, ms] of own.slice(1).entries())
        expect(Math.abs(ms - (own[index] ?? 0) - 5000)).toBeLessThanOrEqual(250);
    }
    const later = found.filter(({ ms }) => ms > 0).map(({ ms }) => ms);
    expect(new Set(later).size).toBe(later.length);
  });

  test("hastens a probe on request, but not twice within half a second", () => {
    const found = begins((schedule, nowMs) => {
      if (nowMs >= 102_000 && nowMs < 104_000) schedule.hasten("a");
    }).filter(({ server, ms }) => server === "a" && ms >= 2000 && ms < 4000);
    // The regular probe was at 1750.
    expect(found.map(({ ms }) => ms)).toEqual([2250, 2750, 3250, 3750]);
  });

  test("begins no probe beside a running one, and does not wait for ever for one that hangs", () => {
    const schedule = scheduleOf(["a"], times);
    expect(schedule.begins("a", 100_000)).toBe(true);
    expect(schedule.begins("a", 105_100)).toBe(false);
    expect(schedule.begins("a", 106_100)).toBe(true);
  });
});
