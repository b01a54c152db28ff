import { once } from "node:events";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import { statLines } from "../../../agent/haproxy/stats.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { openWebSocket } from "../../harness/openWebSocket.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { get, nodes, runtime, startTarget, target } from "./edgeLab.ts";
import { followEvents } from "./events.ts";
import { agent, bothFollow, domain, type RoutesLab, routesOf, statusOnBoth, targetUrl } from "./routesLab.ts";

const ports = [3101, 3102, 3103] as const;
const label = "many";
const host = `${label}.${domain}`;
const check = { path: "/health", intervalMs: 200, fall: 2, rise: 2 };
const drainS = 15;

/** Targets by their ports, with their weights. */
const to = (weights: Readonly<Record<number, number>>) =>
  Object.entries(weights).map(([port, weight]) => ({ url: `http://${target.address}:${port}`, weight }));

/** Routes with several targets, on a pair where each target is a port of the application server. */
export function balancedTests(lab: () => RoutesLab): void {
  let stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    stops = await Promise.all(
      ports.map(async (port) => (await startTarget(lab().lab, undefined, port)).stop),
    );
  });
  afterAll(async () => {
    await Promise.all(stops.map((stop) => stop()));
  });
  const edge = () => ({ url: lab().outputs.reach?.edge?.https ?? "", ca: lab().outputs.edgeAuthority ?? "" });
  /** How many of the answers come from each port, or have another status than 200. */
  async function answers(count: number): Promise<Readonly<Record<string, number>>> {
    const found: Record<string, number> = {};
    for (let index = 0; index < count; index += 1) {
      const { status, body } = await get(`${edge().url}/`, host, { ca: edge().ca });
      const who = status === 200 ? JSON.parse(body).port : String(status);
      found[who] = (found[who] ?? 0) + 1;
    }
    return found;
  }
  const tell = (port: number, path: string) =>
    exec(lab().lab, "app", ["curl", "--silent", `http://${target.address}:${port}${path}`]);
  /** States of the servers of routes with several targets, as the worker that serves has them now. */
  async function statesOn(node: string): Promise<readonly string[]> {
    const { servers } = statLines(await runtime(lab().lab, node, "show stat"));
    return servers
      .filter(({ pxname }) => String(pxname).startsWith("edge-balanced"))
      .map(({ status }) => String(status))
      .toSorted();
  }
  /** The same as the API of a node tells it. */
  async function toldOn(node: string): Promise<readonly string[]> {
    const url = "https://127.0.0.1:8407/api/health/haproxy";
    const { stdout } = await must(lab().lab, node, ["curl", "--silent", "--insecure", url]);
    const states: Readonly<Record<string, { status: string }>> =
      JSON.parse(stdout).health.metrics.serverStates;
    return Object.entries(states).flatMap(([name, { status }]) =>
      name.startsWith("edge-balanced") ? [status] : [],
    );
  }
  const onBoth = async () => (await Promise.all(nodes.map(statesOn))).map((states) => states.join(" "));
  const settled = { timeout: 15_000, interval: 100 };

  it("share their requests by weight, on both nodes", async () => {
    await bothFollow(lab(), 20_000);
    await routesOf(lab()).addHttpRoute(agent, label, to({ 3101: 1, 3102: 3 }), { check });
    // On busy cores a program of root's may not be done on the other node within the deadline of a change.
    await expect.poll(onBoth, settled).toEqual(["UP UP", "UP UP"]);
    expect(await statusOnBoth(lab(), label)).toEqual(["200", "200"]);
    const shares = await answers(40);
    expect(Object.keys(shares)).toEqual(["3101", "3102"]);
    expect(shares[3101]).toBeGreaterThanOrEqual(9);
    expect(shares[3101]).toBeLessThanOrEqual(11);
  });

  it("take a target out that fails its check, without a failed request, and in again", async () => {
    await routesOf(lab()).addHttpRoute(agent, label, to({ 3101: 1, 3102: 1, 3103: 1 }), { check });
    await tell(3102, "/breaks");
    await expect.poll(onBoth, settled).toEqual(["DOWN UP UP", "DOWN UP UP"]);
    await expect.poll(() => toldOn(nodes[0]), settled).toContain("DOWN");
    expect(Object.keys(await answers(20))).toEqual(["3101", "3103"]);
    await tell(3102, "/recovers");
    await expect.poll(onBoth, settled).toEqual(["UP UP UP", "UP UP UP"]);
    expect(Object.keys(await answers(20))).toEqual(["3101", "3102", "3103"]);
  });

  it("keep their targets over a reload, a restart and a killed agent", async () => {
    for (const command of [
      ["systemctl", "reload", "haproxy"],
      ["systemctl", "kill", "--signal=KILL", "haproxy"],
      ["systemctl", "kill", "--signal=KILL", "hapair"],
    ]) {
      for (const node of nodes) await must(lab().lab, node, command);
      await expect.poll(onBoth, settled).toEqual(["UP UP UP", "UP UP UP"]);
      expect(await statusOnBoth(lab(), label)).toEqual(["200", "200"]);
      await bothFollow(lab(), 20_000);
    }
  });

  it("tell who follows the events that their servers cannot be made, and that they can again", async () => {
    const [node] = nodes;
    const following = await followEvents(lab(), node);
    const told = () => following.of("servers").map(({ problem }) => problem);
    try {
      await must(lab().lab, node, ["systemctl", "stop", "hapair-action.socket"]);
      await routesOf(lab()).addHttpRoute(agent, label, to({ 3101: 1, 3102: 1 }), { check });
      await expect.poll(told, settled).toEqual([expect.stringContaining("action.sock")]);
    } finally {
      await must(lab().lab, node, ["systemctl", "start", "hapair-action.socket"]);
    }
    await expect.poll(() => told().slice(1), settled).toEqual([null]);
    await following.stop();
    await routesOf(lab()).addHttpRoute(agent, label, to({ 3101: 1, 3102: 1, 3103: 1 }), { check });
    await expect.poll(onBoth, settled).toEqual(["UP UP UP", "UP UP UP"]);
  });

  it("have requests wait that are more than the limit, as many as the queue holds", async () => {
    const options = { maxConnections: 1, queue: 1 };
    await routesOf(lab()).addHttpRoute(agent, "queued", to({ 3101: 1 }), options);
    const ask = () => get(`${edge().url}/slow`, `queued.${domain}`, { ca: edge().ca });
    const statuses = (await Promise.all([ask(), ask(), ask()])).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 200, 503]);
    await routesOf(lab()).removeHttpRoute(agent, "queued");
  });

  it("keep the WebSockets of a target that goes until the bound, and all others", async () => {
    const open = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const { hostname, port } = new URL(edge().url);
        const socket = connect({ host: hostname, port: Number(port), ca: edge().ca, servername: host });
        await once(socket, "secureConnect");
        return openWebSocket(socket, host);
      }),
    );
    const leaving = open.filter((one) => one.target === "3103");
    expect(leaving.length).toBeGreaterThan(5);
    await routesOf(lab()).addHttpRoute(agent, label, to({ 3101: 1, 3102: 1 }), { check });
    const goneAtMs = performance.now();
    expect(Object.keys(await answers(20))).toEqual(["3101", "3102"]);
    expect(await Promise.all(open.map((one) => one.echoes()))).not.toContain(false);
    const areOver = () => leaving.every(({ closedAtMs }) => closedAtMs !== undefined);
    await expect.poll(areOver, { timeout: 40_000, interval: 100 }).toBe(true);
    for (const { closedAtMs = 0 } of leaving)
      expect(closedAtMs - goneAtMs).toBeGreaterThan((drainS - 2) * 1000);
    const others = open.filter((one) => one.target !== "3103");
    expect(await Promise.all(others.map((one) => one.echoes()))).not.toContain(false);
    for (const one of others) one.end();
    await expect.poll(onBoth, settled).toEqual(["UP UP", "UP UP"]);
  }, 90_000);

  it("are refused where HAProxy has no backend for one more, and leave no server when they go", async () => {
    const put = (name: string) =>
      ({ do: "put", route: { host: name, agent, targets: to({ 3101: 1, 3102: 1 }) } }) as const;
    const names = Array.from({ length: 15 }, (_, index) => `many${index}`);
    const routes = routesOf(lab());
    await routes.transaction(names.map(put));
    await expect(routes.transaction([put("more")])).rejects.toMatchObject({
      code: "no-backend",
      status: 409,
    });
    await routes.addHttpRoute(agent, "more", targetUrl);
    await routes.transaction([label, "more", ...names].map((name) => ({ do: "remove", host: name, agent })));
    await expect.poll(onBoth, settled).toEqual(["", ""]);
  });
}
