import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { restarts } from "../../../agent/health/root/budget.ts";
import { probePlan } from "../../../drills/clients/pace.ts";
import { startProber } from "../../../drills/clients/prober.ts";
import { outageMs } from "../../../drills/measure/outage.ts";
import { nowMs } from "../../../drills/time.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { nodes } from "./edgeLab.ts";
import { followEvents } from "./events.ts";
import { forgetRestarts, haproxyHealthOn, isOldOn, metricOn, pidOn } from "./routesHealth.ts";
import { agent, type RoutesLab, routesOf, statusOn, statusOnBoth, targetUrl } from "./routesLab.ts";
import { rolesOf } from "./routesSurvive.ts";

/** What a node does with a HAProxy that restarts do not help. */
export function healingTests(lab: () => RoutesLab): void {
  const on = (node: string, ...argv: readonly string[]) => must(lab().lab, node, argv);
  const holder = async () => (await rolesOf(lab()).catch(() => undefined))?.holder;
  const signal = (node: string, name: "STOP" | "CONT") =>
    on(node, "systemctl", "kill", `--signal=${name}`, "haproxy");
  const hang = async (...hanging: readonly string[]) => {
    await Promise.all(hanging.map((node) => isOldOn(lab(), node)));
    await Promise.all(hanging.map((node) => signal(node, "STOP")));
    return nowMs();
  };
  const pids = () => Promise.all(nodes.map((node) => pidOn(lab(), node)));
  const metric = (node: string, name: string) => metricOn(lab(), node, name);
  const recoveries = (result: string) =>
    Promise.all(nodes.map((node) => metric(node, `hapair_haproxy_recoveries_total{result="${result}"}`)));
  const served = () => expect.poll(() => statusOnBoth(lab(), "healthy"), { timeout: 10_000 });
  const journal = async (node: string) => (await on(node, "journalctl", "-u", "hapair", "-n", "200")).stdout;

  beforeAll(async () => {
    await forgetRestarts(lab());
    for (const label of ["healthy", "steady"]) await routesOf(lab()).addHttpRoute(agent, label, targetUrl);
  });
  afterAll(() => forgetRestarts(lab()));

  it("restarts each of two that hang at once, once a time, and one node has the address", async () => {
    const before = await recoveries("made");
    for (let count = 1; count <= restarts.most; count += 1) {
      const hung = await pids();
      await hang(...nodes);
      await expect
        .poll(async () => (await pids()).map((pid, place) => pid !== hung[place]), { timeout: 10_000 })
        .toEqual([true, true]);
      await served().toEqual(["200", "200"]);
      await expect.poll(holder, { timeout: 10_000 }).toBeDefined();
      await expect
        .poll(() => recoveries("made"), { timeout: 10_000 })
        .toEqual(before.map((made) => made + count));
    }
  }, 90_000);

  it("leaves the address to the peer once the restarts are spent, and is fit again as soon as it answers", async () => {
    const { holder: node, backup: peer } = await rolesOf(lab());
    const spent = await pidOn(lab(), node);
    const following = await followEvents(lab(), node);
    onTestFinished(() => following.stop());
    const told = () => ({
      state: following.of("haproxy").at(-1)?.state,
      recovery: following.of("recovery").at(-1)?.problem,
      address: following.of("address").map(({ problem }) => problem),
    });
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
    const recovery = expect.stringContaining("restarted 3 times");
    const hangs = expect.stringContaining("HAProxy hangs");
    await expect.poll(told, { timeout: 10_000 }).toEqual({ state: "UNHEALTHY", recovery, address: [hangs] });
    await signal(node, "CONT");
    await expect.poll(() => metric(node, "hapair_haproxy_address_given_up"), { timeout: 10_000 }).toBe(0);
    await expect
      .poll(told, { timeout: 10_000 })
      .toEqual({ state: "HEALTHY", recovery, address: [hangs, null] });
    expect((await on(node, "cat", "/run/hapair/haproxy-down")).stdout).toBe("0");
    expect(await journal(node)).toContain("Fit again for 10.0.1.100: HAProxy answers again");
    expect([await pidOn(lab(), node), await holder()]).toEqual([spent, peer]);
    expect(await statusOn(lab(), node, "healthy")).toBe("200");
    await on(peer, "systemctl", "restart", "keepalived");
    await expect.poll(holder, { timeout: 10_000 }).toBe(node);
  });

  it("leaves two that hang at once as they are once the restarts are spent, and one node has the address", async () => {
    const [spent, refused] = [await pids(), await recoveries("too-many")];
    await hang(...nodes);
    try {
      const areRefused = async () =>
        (await recoveries("too-many")).map((count, place) => count > (refused[place] ?? 0));
      await expect.poll(areRefused, { timeout: 10_000 }).toEqual([true, true]);
      // Each may have taken the other for fit as long as it had not noticed.
      const givenUp = () => Promise.all(nodes.map((one) => metric(one, "hapair_haproxy_address_given_up")));
      await expect.poll(givenUp, { timeout: 15_000 }).toEqual([0, 0]);
      await expect.poll(holder, { timeout: 10_000 }).toBeDefined();
    } finally {
      for (const one of nodes) await signal(one, "CONT");
    }
    await served().toEqual(["200", "200"]);
    expect(await pids()).toEqual(spent);
    await expect.poll(holder, { timeout: 10_000 }).toBeDefined();
  }, 60_000);
}
