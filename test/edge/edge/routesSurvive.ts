import { expect, it } from "vitest";
import { probePlan } from "../../../drills/clients/pace.ts";
import { startProber } from "../../../drills/clients/prober.ts";
import { startWriter, type Writer } from "../../../drills/clients/routes/writer.ts";
import { lostOn } from "../../../drills/observe/routes.ts";
import { kill } from "../../../lab/faults/power.ts";
import { up } from "../../../lab/machine/up.ts";
import { edgePair } from "../../harness/edgePair.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { roles } from "../../lab/pair/labPair.ts";
import { nodes } from "./edgeLab.ts";
import { agent, bothFollow, type RoutesLab, routesOf, statusOnBoth, targetUrl } from "./routesLab.ts";

export function rolesOf({ stack, lab }: RoutesLab) {
  const [pair] = stack.topology.pairs;
  if (pair === undefined) throw new Error("the stack has no pair");
  return roles({ lab, pair });
}

/** Waits until so many more changes were acknowledged. */
export const more = (writer: Writer, count: number, withinMs: number) =>
  writer.more(count, withinMs, AbortSignal.timeout(withinMs + 1000));

async function nothingLost({ pair }: RoutesLab, writer: Writer): Promise<void> {
  for (const node of nodes) expect(await lostOn(pair, node, writer.acknowledged())).toEqual([]);
}

/** What kills and power cuts leave of the changes that were acknowledged: all. The drills `route-…` have further failures. */
export function survivalTests(lab: () => RoutesLab): void {
  it("a killed HAProxy loses no change", async () => {
    const writer = startWriter(lab().pair);
    try {
      for (const node of nodes) {
        await must(lab().lab, node, ["systemctl", "kill", "--signal=KILL", "haproxy"]);
        await more(writer, 20, 10_000);
      }
    } finally {
      await writer.stop();
    }
    await bothFollow(lab(), 10_000);
    await nothingLost(lab(), writer);
  });

  it("a power cut of both nodes loses no change", async () => {
    await routesOf(lab()).addHttpRoute(agent, "steady", targetUrl);
    const writer = startWriter(lab().pair);
    await more(writer, 40, 10_000);
    for (const node of nodes) kill(lab().lab, node);
    await writer.stop();
    await Promise.all(nodes.map((node) => up(lab().lab, node)));
    await expect.poll(() => statusOnBoth(lab(), "steady"), { timeout: 20_000 }).toEqual(["200", "200"]);
    await nothingLost(lab(), writer);
    await bothFollow(lab(), 20_000);
  });
}

/** Last: afterwards every change has to be on all nodes. */
export function rolloutTests(lab: () => RoutesLab): void {
  it("a roll-out of another config loses no change, and no client notices", async () => {
    await routesOf(lab()).addHttpRoute(agent, "steady", targetUrl);
    const writer = startWriter(lab().pair);
    const prober = startProber(
      lab().lab,
      probePlan("route", lab().pair, { intervalMs: 50, deadlineMs: 3000 }),
    );
    const routes = { ...edgePair.routes, require: "all" };
    const edge = { ...edgePair.edge, maxConnections: 3000 };
    try {
      await more(writer, 20, 10_000);
      await lab().stack.configure({
        lab: { internet: undefined },
        pair: { edge, routes, egress: undefined },
      });
      await more(writer, 20, 20_000);
    } finally {
      await Promise.all([writer.stop(), prober.stop()]);
    }
    // The new config itself refuses a change while one node's agent is restarted.
    expect(writer.failed().filter((words) => !words.includes("was to be made on all"))).toEqual([]);
    expect(prober.probes.filter(({ failure }) => failure !== undefined)).toEqual([]);
    await nothingLost(lab(), writer);
  }, 300_000);
}
