import { afterEach, expect, it } from "vitest";
import { restarts } from "../../../agent/health/root/budget.ts";
import { probePlan } from "../../../drills/clients/pace.ts";
import { startProber } from "../../../drills/clients/prober.ts";
import { outageMs } from "../../../drills/measure/outage.ts";
import { nowMs } from "../../../drills/time.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { forgetRestarts, haproxyHealthOn, isOldOn, pidOn } from "./routesHealth.ts";
import { agent, type RoutesLab, routesOf, statusOn, targetUrl } from "./routesLab.ts";
import { rolesOf } from "./routesSurvive.ts";

/** What a node does with a HAProxy that restarts do not help. */
export function healingTests(lab: () => RoutesLab): void {
  const on = (node: string, ...argv: readonly string[]) => must(lab().lab, node, argv);
  const holder = async () => (await rolesOf(lab()).catch(() => undefined))?.holder;
  const hang = async (node: string) => {
    await isOldOn(lab(), node);
    await on(node, "systemctl", "kill", "--signal=STOP", "haproxy");
    return nowMs();
  };
  const metric = async (node: string, name: string) => {
    const { stdout } = await on(node, "curl", "--silent", "http://127.0.0.1:8405/metrics");
    return Number(new RegExp(`^${name} (.*)$`, "m").exec(stdout)?.[1]);
  };
  const journal = async (node: string) => (await on(node, "journalctl", "-u", "hapair", "-n", "200")).stdout;

  afterEach(() => forgetRestarts(lab()));

  it("leaves the address to the peer once the restarts are spent, and is fit again as soon as it answers", async () => {
    for (const label of ["healthy", "steady"]) await routesOf(lab()).addHttpRoute(agent, label, targetUrl);
    const { holder: node, backup: peer } = await rolesOf(lab());
    for (let count = 0; count < restarts.most; count += 1) {
      const before = await pidOn(lab(), node);
      await hang(node);
      await expect.poll(() => pidOn(lab(), node), { timeout: 10_000 }).not.toBe(before);
      await expect.poll(() => statusOn(lab(), node, "healthy"), { timeout: 10_000 }).toBe("200");
    }
    if ((await holder()) !== node) await on(peer, "systemctl", "restart", "keepalived");
    await expect.poll(holder, { timeout: 10_000 }).toBe(node);
    const spent = await pidOn(lab(), node);
    const pace = { intervalMs: 50, deadlineMs: 3000 };
    const prober = startProber(lab().lab, probePlan("route", lab().pair, pace));
    try {
      await expect.poll(() => prober.probes.length, { timeout: 5000 }).toBeGreaterThan(10);
      const hungAtMs = await hang(node);
      await expect.poll(holder, { timeout: 10_000 }).toBe(peer);
      const since = () => prober.probes.filter(({ startMs }) => startMs > hungAtMs);
      const good = () => since().filter(({ failure }) => failure === undefined);
      await expect.poll(() => good().length, { timeout: 5000 }).toBeGreaterThan(20);
      console.log(
        `hang with the restarts spent → served by the peer: ${outageMs(since(), pace.deadlineMs)} ms`,
      );
      expect(outageMs(since(), pace.deadlineMs)).toBeLessThan(4000);
    } finally {
      await prober.stop();
    }
    expect(await pidOn(lab(), node)).toBe(spent);
    expect(await haproxyHealthOn(lab(), node)).toMatchObject({
      ...{ status: "UNHEALTHY", addressGivenUp: true, lastRecovery: { result: "too-many" } },
    });
    expect(await metric(node, "hapair_haproxy_address_given_up")).toBe(1);
    expect(await journal(node)).toContain("Giving up 10.0.1.100 to the other nodes: HAProxy hangs");
    expect((await on(node, "hapair", "status")).stdout).toContain(
      "this node leaves 10.0.1.100 to the others: HAProxy hangs",
    );
    await on(node, "systemctl", "kill", "--signal=CONT", "haproxy");
    await expect.poll(() => metric(node, "hapair_haproxy_address_given_up"), { timeout: 10_000 }).toBe(0);
    expect((await on(node, "cat", "/run/hapair/haproxy-down")).stdout).toBe("0");
    expect(await journal(node)).toContain("Fit again for 10.0.1.100: HAProxy answers again");
    expect([await pidOn(lab(), node), await holder()]).toEqual([spent, peer]);
    expect(await statusOn(lab(), node, "healthy")).toBe("200");
    await on(peer, "systemctl", "restart", "keepalived");
    await expect.poll(holder, { timeout: 10_000 }).toBe(node);
  });
}
