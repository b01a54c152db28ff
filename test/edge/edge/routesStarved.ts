import { expect, it } from "vitest";
import { startWriter, type Writer } from "../../../drills/clients/routes/writer.ts";
import { lostOn } from "../../../drills/observe/routes.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { nodes } from "./edgeLab.ts";
import { isOldOn, metricOn } from "./routesHealth.ts";
import { agent, bothFollow, type RoutesLab, routesOf, statusOn, targetUrl } from "./routesLab.ts";
import { more, rolesOf } from "./routesSurvive.ts";
import { starve } from "./starve.ts";

/** Programs of a node that get no core for some seconds. */
export function starvationTests(lab: () => RoutesLab): void {
  const on = (node: string, ...argv: readonly string[]) => must(lab().lab, node, argv);
  const pids = () =>
    Promise.all(
      nodes.map(
        async (node) => (await on(node, "systemctl", "show", "-p", "MainPID", "haproxy", "hapair")).stdout,
      ),
    );

  /** Changes routes while `during` lasts, and afterwards: no change that was acknowledged is lost, and nothing is restarted. */
  async function isHarmless(
    during: (roles: Awaited<ReturnType<typeof rolesOf>>, writer: Writer) => Promise<void>,
  ): Promise<void> {
    await routesOf(lab()).addHttpRoute(agent, "healthy", targetUrl);
    const [roles, before] = [await rolesOf(lab()), await pids()];
    const writer = startWriter(lab().pair);
    try {
      await more(writer, 20, 10_000);
      await during(roles, writer);
      await bothFollow(lab(), 20_000);
      await more(writer, 20, 10_000);
    } finally {
      await writer.stop();
    }
    for (const node of nodes) expect(await lostOn(lab().pair, node, writer.acknowledged())).toEqual([]);
    expect(await pids()).toEqual(before);
    expect(await rolesOf(lab())).toEqual(roles);
  }

  it("an agent that stands still for seconds costs no change, no request and no restart", async () => {
    await isHarmless(async ({ backup }, writer) => {
      await on(backup, "systemctl", "kill", "--signal=STOP", "hapair");
      try {
        // Its peer waits for it at first, and no more once it has said nothing for three seconds.
        await more(writer, 60, 20_000);
        expect(await statusOn(lab(), backup, "healthy")).toBe("200");
      } finally {
        await on(backup, "systemctl", "kill", "--signal=CONT", "hapair");
      }
    });
  }, 90_000);

  it("a HAProxy that gets no core is not taken for one that hangs, and costs no change", async () => {
    await isHarmless(async ({ holder }) => {
      await isOldOn(lab(), holder);
      const spared = () => metricOn(lab(), holder, 'hapair_haproxy_recoveries_total{result="spared"}');
      const before = await spared();
      const release = starve(lab().lab, holder, "haproxy");
      // Each of them takes more than a second's share: none is left for the looks at it.
      const clients = Array.from({ length: 20 }, () => statusOn(lab(), holder, "healthy"));
      try {
        // One that gets none for ten seconds is restarted all the same.
        await expect.poll(spared, { timeout: 8000 }).toBeGreaterThan(before);
      } finally {
        release();
        await Promise.allSettled(clients);
      }
      await expect.poll(() => statusOn(lab(), holder, "healthy"), { timeout: 10_000 }).toBe("200");
    });
  }, 90_000);
}
