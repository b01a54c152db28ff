import { expect, it } from "vitest";
import { openSessions } from "../../../drills/clients/openSessions.ts";
import { startProber } from "../../../drills/clients/startProber.ts";
import { poolersUp } from "../../../drills/observe/haproxy.ts";
import { freeze, thaw } from "../../../lab/faults/power.ts";
import type { LabPair } from "./labPair.ts";

/** Longer than haproxy needs to hold the poolers for dead, and than it gives a session on a silent machine. */
const goneMs = 9000;

/** What clients hear while the pool's machine is paused. */
export function poolGoneTests(lab: () => LabPair): void {
  it("nobody waits for ever: neither who arrives then nor who was there before", async () => {
    const { pair, pool, databaseUrl } = lab();
    const sessions = await openSessions(lab().lab, databaseUrl, AbortSignal.timeout(20_000));
    const way = { host: pair.vip.address, port: pair.haproxy.port };
    const prober = startProber(lab().lab, { ask: "answer", intervalMs: 80, deadlineMs: 15_000, ...way });
    const arrived = (since: number) => prober.probes.length - since;
    try {
      await expect.poll(() => arrived(0), { timeout: 10_000 }).toBeGreaterThan(3);
      freeze(lab().lab, pool.name);
      const until = Date.now() + goneMs;
      sessions.ask();
      await expect.poll(() => Date.now(), { timeout: goneMs + 5000 }).toBeGreaterThan(until);
      expect(sessions.silent(goneMs - 1000)).toEqual([]);
    } finally {
      thaw(lab().lab, pool.name);
      sessions.close();
    }
    for (const { name } of pair.nodes)
      await expect.poll(() => poolersUp(lab().lab, name), { timeout: 20_000 }).toBe(pool.ports.length);
    const failures = (await prober.stop()).flatMap(({ failure }) => failure ?? []);
    expect(failures.length).toBeGreaterThan(0);
    expect(failures).not.toContain("timeout");
  });
}
