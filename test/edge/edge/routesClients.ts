import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import { startClient } from "../../../drills/clients/startClient.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { nodes } from "./edgeLab.ts";
import { access, addressOf, agent, domain, type RoutesLab, targetUrl } from "./routesLab.ts";

/** Clients that go on while something happens to the pair. */

interface Running<Line> {
  /** What it has printed until now. */
  readonly lines: readonly Line[];
  stop(): Promise<void>;
}

function start<Line>(lab: string, program: string, plan: object): Running<Line> {
  const child = startClient(lab, join(import.meta.dirname, program), JSON.stringify(plan));
  const ended = once(child, "exit");
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
  return {
    lines,
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

interface Written {
  readonly label: string;
  readonly number: number;
  readonly atMs: number;
  readonly tookMs: number;
  readonly appliedOn?: readonly string[];
  readonly failed?: string;
  readonly words?: string;
}

export interface Writer extends Running<Written> {
  /** Waits until so many more were acknowledged. */
  more(count: number, withinMs: number): Promise<void>;
  failed(): readonly string[];
  /** Last acknowledged number by route. */
  acknowledged(): Readonly<Record<string, number>>;
}

/** Four clients that change ten routes each, through the virtual address or, where that is silent, a node's own. */
export function startWriter(lab: RoutesLab): Writer {
  const { inside } = access(lab);
  const own = nodes.map((node) => inside.url.replace("10.0.1.100", addressOf(node)));
  const size = { clients: 4, routes: 10, pauseMs: 20 };
  const running = start<Written>(lab.lab, "routesWriterProgram.ts", {
    ...{ ...inside, nodes: own, target: targetUrl, agent, ...size },
  });
  const made = () => running.lines.filter(({ failed }) => failed === undefined);
  return {
    ...running,
    failed: () => running.lines.flatMap(({ failed, words }) => (failed === undefined ? [] : [`${words}`])),
    acknowledged: () => Object.fromEntries(made().map(({ label, number }) => [label, number])),
    more: async (count, withinMs) => {
      const before = made().length;
      await expect
        .poll(() => made().length, { timeout: withinMs, interval: 20 })
        .toBeGreaterThanOrEqual(before + count);
    },
  };
}

interface Asked {
  readonly beganMs: number;
  readonly endedMs: number;
  readonly outcome: string;
}

export interface Prober extends Running<Asked> {
  /** Longest time between the beginnings of answered requests since a moment, ms. */
  longestGapMs(sinceMs: number): number;
  failed(): readonly string[];
}

/** A client of the virtual address's edge. */
export function startProber(lab: RoutesLab, label: string): Prober {
  const { edgeUrl = "", edgeAuthority = "" } = lab.outputs;
  const pace = { intervalMs: 50, deadlineMs: 3000 };
  const running = start<Asked>(lab.lab, "edgeProberProgram.ts", {
    ...{ url: edgeUrl, host: `${label}.${domain}`, ca: edgeAuthority, ...pace },
  });
  return {
    ...running,
    failed: () =>
      running.lines
        .filter(({ outcome }) => outcome !== "200")
        .map(({ outcome, beganMs, endedMs }) => {
          const at = new Date(beganMs).toISOString();
          return `${outcome} at ${at}, after ${endedMs - beganMs} ms`;
        }),
    longestGapMs: (sinceMs) => {
      const good = running.lines.filter(({ outcome }) => outcome === "200").map(({ beganMs }) => beganMs);
      const from = [sinceMs, ...good.filter((at) => at > sinceMs).toSorted((one, other) => one - other)];
      return Math.max(...from.slice(1).map((at, index) => at - (from[index] ?? at)));
    },
  };
}

/** Number that a node's own edge serves, by route: what its target sees as the host. */
const served = `let text = ""; process.stdin.on("data", (part) => { text += part; }).on("end", async () => {
  const agent = new (require("https").Agent)({ keepAlive: true, maxSockets: 4 });
  const ask = (host) => new Promise((resolve) => {
    require("https").get("https://127.0.0.1:8443/", { agent, headers: { host }, servername: host, rejectUnauthorized: false }, (response) => {
      let body = "";
      response.on("data", (part) => { body += part; }).on("end", () => {
        try { resolve(Number(/^n(\\d+)\\.test$/.exec(JSON.parse(body).headers.host)[1])); } catch { resolve(response.statusCode + " " + body.slice(0, 80)); }
      });
    }).on("error", (error) => resolve(error.message));
  });
  const hosts = JSON.parse(text);
  console.log(JSON.stringify(await Promise.all(hosts.map(ask))));
  process.exit();
});`;

/** Acknowledged changes that a node does not serve; empty where none is lost. */
export async function lostOn(
  lab: RoutesLab,
  node: string,
  { acknowledged }: Writer,
): Promise<readonly string[]> {
  const wanted = Object.entries(acknowledged());
  const hosts = JSON.stringify(wanted.map(([label]) => `${label}.${domain}`));
  const { stdout } = await must(lab.lab, node, ["node", "-e", served], hosts);
  const found: readonly unknown[] = JSON.parse(stdout);
  // A later one may have been made too although its answer was lost.
  return wanted.flatMap(([label, number], index) =>
    Number(found[index]) >= number ? [] : [`${label}: ${number}, and ${node} serves ${found[index]}`],
  );
}
