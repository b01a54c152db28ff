import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { adoptVip, emptyVipMemory } from "../../../../agent/address/decide.ts";
import { openLog } from "../../../../agent/daemon/log.ts";
import { openStateFile } from "../../../../agent/daemon/stateFile.ts";
import { RememberedGroups } from "../../../../agent/egress/memory.ts";
import { scheduleOf } from "../../../../agent/egress/schedule.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";

describe("what the daemon remembers", () => {
  const vip = { ...emptyVipMemory, givenUp: true, giveUps: 3, gaveUpAtMs: 5, keepsUntilMs: 6, aloneAtMs: 7 };
  const groups = {
    main: {
      memory: { preferred: "wg1", sinceMs: 1, servers: [] },
      switches: [{ at: "2025-10-18T23:11:42.000Z", from: null, to: "wg1", why: "first" }],
    },
  };

  /** What the parts read at their start, and what the log says of it. */
  function readState(path: string) {
    const said: string[] = [];
    const file = openStateFile(
      path,
      openLog((line) => said.push(line)),
    );
    const found = {
      groups: file.read("groups", RememberedGroups),
      vip: adoptVip(file.read("vip", z.unknown())),
    };
    return { ...found, said };
  }
  const writeState = (path: string, sections: Record<string, unknown>) =>
    openStateFile(
      path,
      openLog(() => {}),
    ).write(sections);

  test("comes back as it was, for its owner alone, and leaves no half file", () => {
    using folder = scratchFolder();
    const path = join(folder.path, "state.json");
    expect(readState(path)).toEqual({ groups: undefined, vip: emptyVipMemory, said: [] });
    writeState(path, { groups, vip });
    writeState(path, { groups });
    expect(readState(path)).toEqual({ groups, vip, said: [] });
    expect(readdirSync(folder.path)).toEqual(["state.json"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test.each([undefined, null, 7, { ...vip, giveUps: -1 }, { givenUp: true }])(
    "is whole without give-ups of the virtual address, or with %j in their place",
    (other) => {
      using folder = scratchFolder();
      const path = join(folder.path, "state.json");
      writeFileSync(path, JSON.stringify({ version: 1, groups, vip: other }));
      expect(readState(path)).toEqual({ groups, vip: emptyVipMemory, said: [] });
    },
  );

  test("of the virtual address is what was done, not what was seen: that is seen anew", () => {
    using folder = scratchFolder();
    const path = join(folder.path, "state.json");
    const seen = { suspectedBy: { "main/wg1": 1 }, worksSinceMs: 2, unheldSinceMs: 3 };
    writeState(path, { groups, vip: { ...vip, ...seen } });
    expect(readState(path).vip).toEqual(vip);
  });

  test.each([
    "",
    "{",
    "null",
    '{"version":2,"groups":{}}',
    '{"version":1,"groups":[1]}',
    "\u0000".repeat(100),
  ])("is set aside with a sentence where it is %j", (text) => {
    using folder = scratchFolder();
    const path = join(folder.path, "state.json");
    writeFileSync(path, text);
    const { groups: found, said } = readState(path);
    expect(found).toBeUndefined();
    expect(said).toEqual([
      expect.stringContaining(`it is kept as ${path}.unreadable, the measurements begin anew`),
    ]);
    expect(said[0]).not.toContain("\n");
    expect(readFileSync(`${path}.unreadable`, "utf8")).toBe(text);
    expect(existsSync(path)).toBe(false);
    expect(readState(path).said).toEqual([]);
  });
});

describe("the schedule of probes", () => {
  const servers = ["a", "b", "c"];
  const times = { intervalMs: 5000, limitMs: 3000, startMs: 100_000 };
  /** When each server's probes begin within a minute, on a beat of 250 ms. */
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

  test("begins with all at once and then spreads them over the interval", () => {
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

  test("hurries where something is new, but not twice within half a second", () => {
    const found = begins((schedule, nowMs) => {
      if (nowMs >= 102_000 && nowMs < 104_000) schedule.hasten("a");
    }).filter(({ server, ms }) => server === "a" && ms >= 2000 && ms < 4000);
    // Its own turn was at 1750.
    expect(found.map(({ ms }) => ms)).toEqual([2250, 2750, 3250, 3750]);
  });

  test("does not begin a probe beside one that runs, nor wait for ever for one that hangs", () => {
    const schedule = scheduleOf(["a"], times);
    expect(schedule.begins("a", 100_000)).toBe(true);
    expect(schedule.begins("a", 105_100)).toBe(false);
    expect(schedule.begins("a", 106_100)).toBe(true);
  });
});
