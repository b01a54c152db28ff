import { expect, it } from "vitest";
import { kill } from "../../../lab/faults/power.ts";
import { up } from "../../../lab/machine/up.ts";
import { edgePair } from "../../harness/edgePair.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { roles } from "../../lab/pair/labPair.ts";
import { nodes } from "./edgeLab.ts";
import { lostOn, startProber, startWriter, type Writer } from "./routesClients.ts";
import { agent, bothFollow, type RoutesLab, routesOf, statusOnBoth, targetUrl } from "./routesLab.ts";

/** A reload that nobody has told hapair of, through haproxy's master. */
const masterReload = `const s = require("net").connect("/run/haproxy-master.sock"); s.pipe(process.stdout); s.end("reload\\n");`;

export function rolesOf({ stack, lab }: RoutesLab) {
  const [pair] = stack.topology.pairs;
  if (pair === undefined) throw new Error("the stack has no pair");
  return roles({ lab, pair });
}

/** What kills, reloads and power cuts leave of the changes that were acknowledged: all. */
export function survivalTests(lab: () => RoutesLab): void {
  const nothingLost = async (writer: Writer, on: readonly string[] = nodes) => {
    for (const node of on) expect(await lostOn(lab(), node, writer)).toEqual([]);
  };

  it("foreign reloads and a killed agent lose no change, and no client notices", async () => {
    await routesOf(lab()).addHttpRoute(agent, "steady", targetUrl);
    const writer = startWriter(lab());
    const prober = startProber(lab(), "steady");
    try {
      for (const node of nodes)
        for (const disturb of [
          ["systemctl", "reload", "haproxy"],
          ["node", "-e", masterReload],
          ["systemctl", "kill", "--signal=KILL", "hapair"],
        ]) {
          await must(lab().lab, node, disturb);
          await writer.more(20, 10_000);
        }
    } finally {
      await Promise.all([writer.stop(), prober.stop()]);
    }
    expect(writer.failed()).toEqual([]);
    expect(prober.failed()).toEqual([]);
    await nothingLost(writer);
  });

  it("a killed HAProxy loses no change", async () => {
    const writer = startWriter(lab());
    try {
      for (const node of nodes) {
        await must(lab().lab, node, ["systemctl", "kill", "--signal=KILL", "haproxy"]);
        await writer.more(20, 10_000);
      }
    } finally {
      await writer.stop();
    }
    await bothFollow(lab(), 10_000);
    await nothingLost(writer);
  });

  it("a power cut of the holder loses no change: the new holder serves all of them at once", async () => {
    const { holder, backup } = await rolesOf(lab());
    await bothFollow(lab(), 10_000);
    const writer = startWriter(lab());
    const prober = startProber(lab(), "steady");
    try {
      await writer.more(40, 10_000);
      const cutAtMs = Date.now();
      kill(lab().lab, holder);
      await writer.more(40, 20_000);
      await nothingLost(writer, [backup]);
      expect(prober.longestGapMs(cutAtMs)).toBeLessThan(3000);
      await up(lab().lab, holder);
    } finally {
      await Promise.all([writer.stop(), prober.stop()]);
    }
    await bothFollow(lab(), 20_000);
    await nothingLost(writer);
  });

  it("a power cut of both nodes loses no change", async () => {
    const writer = startWriter(lab());
    await writer.more(40, 10_000);
    for (const node of nodes) kill(lab().lab, node);
    await writer.stop();
    await Promise.all(nodes.map((node) => up(lab().lab, node)));
    await expect.poll(() => statusOnBoth(lab(), "steady"), { timeout: 20_000 }).toEqual(["200", "200"]);
    await nothingLost(writer);
    await bothFollow(lab(), 20_000);
  });
}

/** Last: afterwards every change has to be on all nodes. */
export function rolloutTests(lab: () => RoutesLab): void {
  it("a roll-out of another config loses no change, and no client notices", async () => {
    await routesOf(lab()).addHttpRoute(agent, "steady", targetUrl);
    const writer = startWriter(lab());
    const prober = startProber(lab(), "steady");
    const routes = { ...edgePair.routes, require: "all" };
    const edge = { ...edgePair.edge, maxConnections: 3000 };
    try {
      await writer.more(20, 10_000);
      await lab().stack.configure({
        lab: { internet: undefined },
        pair: { edge, routes, egress: undefined },
      });
      await writer.more(20, 20_000);
    } finally {
      await Promise.all([writer.stop(), prober.stop()]);
    }
    // The new config itself refuses a change while one node's agent is restarted.
    expect(writer.failed().filter((words) => !words.includes("was to be made on all"))).toEqual([]);
    expect(prober.failed()).toEqual([]);
    for (const node of nodes) expect(await lostOn(lab(), node, writer)).toEqual([]);
  }, 300_000);
}
