import { expect, it } from "vitest";
import { askHaproxy } from "../../../drills/observe/daemons.ts";
import { slow, uplink } from "../../../drills/proxies.ts";
import { must } from "../hosts/onHost.ts";
import { askedEveryMs, eventually, haproxyStatus, holderOf, mapOn, page, stateOn } from "./agents.ts";
import { exitOfNewClient, newTunnel } from "./clients.ts";
import type { LabEgress } from "./labEgress.ts";

/** Allowance for a busy machine, in ms. */
const busyMs = 1000;

/** The proxy that clients go out through. */
export function failoverTests(lab: () => LabEgress): void {
  const exit = (name: string) => eventually(() => exitOfNewClient(lab()), name, "exit of a new client");

  it("clients of the virtual address use the first proxy that works, else the second, else WARP, and return", async () => {
    expect(await exitOfNewClient(lab())).toBe("wg1");
    await uplink(lab().lab, "wg1", "refused");
    await exit("wg2");
    await uplink(lab().lab, "wg2", "cut");
    await exit("warp");
    // haproxy alone may have done this; the loop's own return is checked below.
    const holder = await holderOf(lab());
    await eventually(() => mapOn(lab(), holder), "warp", "preferred while both are dead");
    await uplink(lab().lab, "wg2", "open");
    await exit("wg2");
    const last = async () => (await page(lab(), holder)).groups[0]?.switches[0];
    await expect.poll(last, { timeout: 5000 }).toMatchObject({ from: "warp", to: "wg2", why: "recovered" });
  });

  it("haproxy fails over in the same order without the loop", async () => {
    const holder = await holderOf(lab());
    await must(lab().lab, holder, ["systemctl", "stop", "hapair"]);
    expect(await exitOfNewClient(lab())).toBe("wg1");
    await uplink(lab().lab, "wg1", "cut");
    await exit("wg2");
    await uplink(lab().lab, "wg2", "refused");
    await exit("warp");
    await uplink(lab().lab, "wg1", "open");
    await exit("wg1");
  });

  it("haproxy leaves a last resort that the loop preferred once a proxy works, also without the loop", async () => {
    const holder = await holderOf(lab());
    await uplink(lab().lab, "wg1", "refused");
    await uplink(lab().lab, "wg2", "refused");
    await eventually(() => mapOn(lab(), holder), "warp", "preferred while both are dead");
    await must(lab().lab, holder, ["systemctl", "stop", "hapair"]);
    await uplink(lab().lab, "wg2", "open");
    await eventually(() => exitOfNewClient(lab()), "wg2", "exit without a loop", 15_000);
    expect(await mapOn(lab(), holder)).toBe("warp");
  });

  it("a tunnel that recovers is measured, and preferred once it is better", async () => {
    const holder = await holderOf(lab());
    await uplink(lab().lab, "wg1", "refused");
    await eventually(() => mapOn(lab(), holder), "wg2", "preferred while wg1 is dead");
    await uplink(lab().lab, "wg1", "open");
    await eventually(() => stateOn(lab(), holder, "wg1"), "online", "wg1 is measured");
    // Neither is better, so the one that works stays preferred.
    expect(await mapOn(lab(), holder)).toBe("wg2");
    await slow(lab().lab, "wg2", 300);
    await eventually(() => mapOn(lab(), holder), "wg1", "preferred while wg2 is slow", 20_000);
    const [group] = (await page(lab(), holder)).groups;
    expect(group?.switches[0]).toMatchObject({ from: "wg2", to: "wg1", why: "better" });
    const [wg1, wg2] = group?.servers ?? [];
    expect(Number(wg1?.latencyMs)).toBeLessThan(Number(wg2?.latencyMs));
    expect(await exitOfNewClient(lab())).toBe("wg1");
  });

  it("haproxy's checks detect a dead tunnel within a second and a half without the loop", async () => {
    const { intervalMs, timeoutMs, fastIntervalMs, fall } = lab().check;
    const holder = await holderOf(lab());
    await must(lab().lab, holder, ["systemctl", "stop", "hapair"]);
    for (const death of ["refused", "cut"] as const) {
      await uplink(lab().lab, "wg1", death);
      const dead = performance.now();
      await eventually(() => haproxyStatus(lab(), holder, "wg1"), "DOWN", `wg1 after it was ${death}`);
      const tookMs = performance.now() - dead;
      // The last good check may have ended just before; after a failed one the next comes sooner.
      const failureMs = death === "cut" ? timeoutMs : 0;
      const noticedMs = intervalMs + fall * failureMs + (fall - 1) * fastIntervalMs;
      expect(noticedMs, `ms that the checks take at most where wg1 is ${death}`).toBeLessThanOrEqual(1500);
      expect(tookMs, `ms until wg1 was down after it was ${death}`).toBeLessThan(
        noticedMs + askedEveryMs + busyMs,
      );
      await uplink(lab().lab, "wg1", "open");
      await eventually(() => haproxyStatus(lab(), holder, "wg1"), "UP", "wg1 again");
    }
  });

  it("the loop leaves a dead proxy that haproxy believes alive within its own interval", async () => {
    const { intervalMs, connectTimeoutMs, requestTimeoutMs } = lab().probe;
    const holder = await holderOf(lab());
    const health = (what: string) => askHaproxy(lab().lab, holder, `${what} health ${lab().backend}/wg1`);
    await health("disable");
    try {
      const begun = performance.now();
      await uplink(lab().lab, "wg1", "cut");
      await eventually(() => mapOn(lab(), holder), "wg2", "preferred while wg1 hangs");
      const pollMs = 500;
      expect(performance.now() - begun, "ms until the loop left wg1").toBeLessThan(
        intervalMs + connectTimeoutMs + requestTimeoutMs + pollMs + busyMs,
      );
      expect(await haproxyStatus(lab(), holder, "wg1")).toBe("no check");
      expect(await stateOn(lab(), holder, "wg1")).toBe("degraded (request-timeout)");
      expect(await exitOfNewClient(lab())).toBe("wg2");
    } finally {
      await health("enable");
    }
  });

  it("while the site of the checks is down, no proxy is treated as dead and clients get through a real one", async () => {
    const holder = await holderOf(lab());
    const rule = "INPUT -i exits0 -p tcp --dport 443 -j REJECT --reject-with tcp-reset".split(" ");
    const firewall = (change: "-I" | "-D") =>
      must(lab().lab, "internet", ["iptables", "-w", change, ...rule]);
    await firewall("-I");
    try {
      for (const { name } of lab().servers)
        await eventually(() => haproxyStatus(lab(), holder, name), "DOWN", `haproxy about ${name}`);
      await expect.poll(() => exitOfNewClient(lab()), { timeout: 5000 }).toMatch(/^wg/);
      const preferred = await mapOn(lab(), holder);
      const tunnel = await newTunnel(lab());
      const { intervalMs, connectTimeoutMs, requestTimeoutMs } = lab().probe;
      // Long enough for a measurement of each proxy.
      const until = Date.now() + intervalMs + connectTimeoutMs + requestTimeoutMs;
      while (Date.now() < until) {
        const [group] = (await page(lab(), holder)).groups;
        expect(group?.usable).toBe(true);
        const servers = group?.servers ?? [];
        // WARP's only measurement is its trace, which is on the dead site.
        const real = servers.filter(({ lastResort }) => !lastResort);
        expect(real.map(({ name, state }) => `${name} ${state}`)).toEqual(["wg1 online", "wg2 online"]);
        expect(await exitOfNewClient(lab())).toBe(preferred);
      }
      expect(await tunnel.ask(), "a tunnel opened meanwhile").toBe(preferred);
      tunnel.leave();
    } finally {
      await firewall("-D");
    }
  });
}
