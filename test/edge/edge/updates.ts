import { once } from "node:events";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { UpdatesHealth } from "../../../client/index.ts";
import { type NodesService, startNodesService } from "../../../drills/clients/routes/nodesService.ts";
import type { NodesBehaviour, NodesServicePlan } from "../../../drills/clients/routes/nodesServicePlan.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { signed } from "../../harness/certificates.ts";
import { nodesService, updateSecrets, updatingPair } from "../../harness/edgePair.ts";
import { openWebSocket } from "../../harness/openWebSocket.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { get, nodes, startTarget, target } from "./edgeLab.ts";
import { bothFollow, domain, type RoutesLab, routesOf, statusOnBoth } from "./routesLab.ts";

const ports = [3201, 3202, 3203, 3204] as const;
const { address, apiKey } = nodesService;
const authority = signed("authority of the service");
const shown = signed("service", authority, `IP:${address}`);
const { host: label, confirmAfter } = updatingPair.edge.updates;
const host = `${label}.${domain}`;
const settled = { timeout: 20_000, interval: 100 };

/** A list with nodes at these ports of the application server. */
const at = (...listed: readonly number[]): NodesBehaviour => ({
  as: "list",
  nodes: { nodes: listed.map((port) => ({ address: target.address, port, region: "east" })) },
});

/** A service names the nodes of a route, on a pair that asks it each second. */
export function updatesTests(lab: () => RoutesLab): void {
  let stops: (() => Promise<void>)[] = [];
  let service: NodesService | undefined;
  const behave = (as: NodesBehaviour) => service?.behave(as);
  const answers = () => service?.answers ?? [];
  const stop = async () => {
    await service?.stop();
    service = undefined;
  };
  const start = async (other: Partial<NodesServicePlan> = {}) => {
    await stop();
    service = await startNodesService(lab().lab, { ...nodesService, tls: shown, ...other });
  };
  const edge = () => ({ url: lab().outputs.reach?.edge?.https ?? "", ca: lab().outputs.edgeAuthority ?? "" });

  beforeAll(async () => {
    const { edge } = updatingPair;
    const url = edge.updates.url.replace("http:", "https:");
    stops = await Promise.all(
      ports.slice(0, 3).map(async (port) => (await startTarget(lab().lab, undefined, port)).stop),
    );
    await start();
    behave(at(3201, 3202, 3203));
    await lab().stack.configure({
      config: updateSecrets,
      lab: { internet: undefined },
      pair: {
        ...updatingPair,
        edge: { ...edge, updates: { ...edge.updates, url, ca: authority.certificate } },
        egress: undefined,
      },
    });
    await bothFollow(lab(), 20_000);
  });
  afterAll(async () => {
    await stop();
    await Promise.all(stops.map((stop) => stop()));
  });

  async function on(node: string): Promise<UpdatesHealth> {
    const url = "https://127.0.0.1:8407/api/health/system";
    const { stdout } = await must(lab().lab, node, ["curl", "--silent", "--insecure", url]);
    return JSON.parse(stdout).services.updates;
  }
  const states = async () => (await Promise.all(nodes.map(on))).map(({ problem }) => problem ?? "none");
  const allGood = () => expect.poll(states, settled).toEqual(["none", "none"]);
  /** Both nodes say so, more than once: each state lasts until the next round. */
  const bothSay = (words: RegExp) =>
    expect.poll(states, settled).toEqual([expect.stringMatching(words), expect.stringMatching(words)]);
  /** Ports of the route's targets, as the pair has them. */
  async function routed(): Promise<readonly number[]> {
    const { routes } = await routesOf(lab()).listRoutes("hapair-updates");
    return routes.flatMap(({ targets = [] }) => targets.map(({ url }) => Number(new URL(url).port)));
  }
  const follows = (...listed: readonly number[]) => expect.poll(routed, settled).toEqual(listed);
  /** Ports that answer a dozen requests, or other statuses than 200. */
  async function answering(): Promise<readonly string[]> {
    const found = new Set<string>();
    for (let index = 0; index < 12; index += 1) {
      const { status, body } = await get(`${edge().url}/`, host, { ca: edge().ca });
      found.add(status === 200 ? JSON.parse(body).port : String(status));
    }
    return [...found].toSorted();
  }

  it("serves the nodes of the list on both nodes of the pair, and says so", async () => {
    await follows(3201, 3202, 3203);
    await allGood();
    expect(await statusOnBoth(lab(), label)).toEqual(["200", "200"]);
    await expect.poll(answering, settled).toEqual(["3201", "3202", "3203"]);
    for (const node of nodes) {
      expect(await on(node)).toMatchObject({ status: "healthy", host, nodes: 3, unanswered: 0 });
      const { stdout } = await must(lab().lab, node, ["hapair", "status"]);
      expect(stdout).toMatch(/^ {2}updates {3}\w+, 3 nodes of ws\.apps\.example\.test$/m);
      const metrics = (await must(lab().lab, node, ["curl", "--silent", "http://127.0.0.1:8405/metrics"]))
        .stdout;
      expect(metrics).toContain("hapair_updates_nodes 3");
      expect(metrics).toContain("hapair_updates_failing 0");
      expect(metrics).toContain("hapair_updates_refused 0");
    }
  });

  it("is Routing, Error while the service fails, and Routing again by itself", async () => {
    const phases = async () => (await Promise.all(nodes.map(on))).map(({ state }) => state);
    await expect.poll(phases, settled).toEqual(["Routing", "Routing"]);
    behave({ as: "status", status: 500 });
    await expect.poll(phases, settled).toEqual(["Error", "Error"]);
    behave(at(3201, 3202, 3203));
    await expect.poll(phases, settled).toEqual(["Routing", "Routing"]);
  });

  it("asks with the tag of the list, and changes nothing while that is the same", async () => {
    const { version } = await routesOf(lab()).listRoutes();
    const from = answers().length;
    const unchanged = () =>
      answers()
        .slice(from)
        .filter(({ status }) => status === 304).length;
    await expect.poll(unchanged, settled).toBeGreaterThan(6);
    expect((await routesOf(lab()).listRoutes()).version).toBe(version);
  });

  it.each<[string, NodesBehaviour, RegExp]>([
    ["garbage", { as: "text", text: "<html>It works!</html>" }, /the answer is no JSON/],
    [
      "wrong types",
      { as: "list", nodes: [{ address: target.address, port: "ssh" }] },
      /0\.port: expected a port/,
    ],
    ["a redirect", { as: "redirect" }, /a redirect, which is not followed: status 302/],
    ["nothing", { as: "hang" }, /does not answer in time: no answer .* within 800 ms/],
    ["100 MB", { as: "large", bytes: 100_000_000 }, /the answer is too large: .* more than 1048576 bytes/],
    ["an error", { as: "status", status: 500 }, /answers with an error: status 500/],
    [
      "a node of a cloud's metadata",
      { as: "list", nodes: ["http://10.0.1.10:3201", "http://169.254.169.254", "http://10.0.1.10:3203"] },
      /nodes\.1: 169\.254\.169\.254 is link-local/,
    ],
  ])("keeps the nodes of before where the service answers %s", async (_, as, words) => {
    const from = answers().length;
    behave(as);
    await bothSay(words);
    expect(await routed()).toEqual([3201, 3202, 3203]);
    expect(await answering()).toEqual(["3201", "3202", "3203"]);
    const seen = answers().slice(from);
    expect(seen.map(({ path }) => path)).not.toContain("/elsewhere");
    // The buffers of both machines take some of it.
    expect(Math.max(0, ...seen.map(({ bytes }) => bytes))).toBeLessThan(16_000_000);
    behave(at(3201, 3202, 3203));
    await allGood();
  });

  it("keeps them where the service is gone, takes no key or shows another certificate, and over a killed agent", async () => {
    await stop();
    await bothSay(/the service cannot be reached/);
    for (const node of nodes) await must(lab().lab, node, ["systemctl", "kill", "--signal=KILL", "hapair"]);
    await bothFollow(lab(), 20_000);
    await bothSay(/the service cannot be reached/);
    expect(await routed()).toEqual([3201, 3202, 3203]);
    expect(await answering()).toEqual(["3201", "3202", "3203"]);
    await start({ apiKey: "another-key-of-the-service" });
    await bothSay(/the service does not take the key: status 401/);
    expect(await routed()).toEqual([3201, 3202, 3203]);
    await start({ tls: signed("service", signed("another authority"), `IP:${address}`) });
    await bothSay(/the service cannot be reached: .*certificate/);
    await start({ tls: signed("service", authority, "IP:10.0.1.99") });
    await bothSay(/the service cannot be reached: .*10\.0\.1\.99/);
    expect(await routed()).toEqual([3201, 3202, 3203]);
    await start();
    behave(at(3201, 3202, 3203));
    await allGood();
  });

  it("has a node that joins wait until it accepts a connection", async () => {
    behave(at(3201, 3202, 3203, 3204));
    await expect.poll(async () => (await on(nodes[0])).unanswered, settled).toBe(1);
    expect(await routed()).toEqual([3201, 3202, 3203]);
    stops.push((await startTarget(lab().lab, undefined, 3204)).stop);
    await follows(3201, 3202, 3203, 3204);
    await expect.poll(answering, settled).toEqual(["3201", "3202", "3203", "3204"]);
  });

  it("sends a node that leaves no new client, and keeps its WebSockets", async () => {
    const open = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const { hostname, port } = new URL(edge().url);
        const socket = connect({ host: hostname, port: Number(port), ca: edge().ca, servername: host });
        await once(socket, "secureConnect");
        return openWebSocket(socket, host);
      }),
    );
    expect(open.filter((one) => one.target === "3204").length).toBeGreaterThan(1);
    behave(at(3201, 3202, 3203));
    await follows(3201, 3202, 3203);
    expect(await answering()).toEqual(["3201", "3202", "3203"]);
    expect(await Promise.all(open.map((one) => one.echoes()))).not.toContain(false);
    for (const one of open) one.end();
  });

  it("refuses a list with half of the nodes or fewer until it has come again and again", async () => {
    behave(at(3201));
    await bothSay(/half of the nodes or fewer: it has come \d of 6 times/);
    expect(await routed()).toEqual([3201, 3202, 3203]);
    behave(at(3201, 3202, 3203));
    await allGood();
    behave(at(3202));
    const from = answers().length;
    await follows(3202);
    await allGood();
    // One node of the pair has seen it so often.
    expect(answers().length - from).toBeGreaterThanOrEqual(confirmAfter);
    behave(at(3201, 3202, 3203));
    await follows(3201, 3202, 3203);
  }, 60_000);

  it("refuses an empty list until somebody confirms it; then the route goes, until there are nodes again", async () => {
    behave(at());
    await bothSay(/the list is empty: it has come \d of 6 times/);
    expect(await answering()).toEqual(["3201", "3202", "3203"]);
    const { stdout } = await must(lab().lab, nodes[0], ["hapair", "route", "confirm"]);
    expect(stdout).toBe(`${host} follows the list of 0 nodes that was in doubt`);
    await follows();
    await expect.poll(() => statusOnBoth(lab(), label), settled).toEqual(["404", "404"]);
    expect((await exec(lab().lab, nodes[0], ["hapair", "route", "confirm"])).stderr).toContain(
      "no list in doubt",
    );
    behave(at(3201, 3202, 3203));
    await follows(3201, 3202, 3203);
    await allGood();
    await expect.poll(() => statusOnBoth(lab(), label), settled).toEqual(["200", "200"]);
  }, 60_000);

  it("lets nobody else set its route", async () => {
    const to = [{ url: `http://${target.address}:3201` }];
    await expect(routesOf(lab()).addHttpRoute("shop", label, to)).rejects.toMatchObject({ code: "taken" });
    await expect(routesOf(lab()).addHttpRoute("hapair-updates", label, to)).rejects.toMatchObject({
      code: "bad-request",
      field: "changes.0.route.agent",
    });
  });

  it("shows its key to root and the daemon alone: no journal, command line, answer, or file of anybody's has it", async () => {
    for (const node of nodes) {
      const found = async (user: string, command: string) => {
        const { stdout } = await exec(lab().lab, node, ["setpriv", ...user.split(" "), "sh", "-c", command]);
        return stdout.trim();
      };
      const nobody = "--reuid=nobody --regid=nogroup --clear-groups";
      const files = `grep -rslF ${apiKey.slice(0, -1)}[${apiKey.at(-1)}] /etc /var /run /tmp 2>/dev/null || true`;
      expect(await found(nobody, files.replace("-rslF", "-rsl"))).toBe("");
      const asRoot = await found("--reuid=0", files.replace("-rslF", "-rsl"));
      expect(asRoot).toContain("/etc/hapair/updates.json");
      const { stdout: journal } = await must(lab().lab, node, ["journalctl", "--no-pager", "--output=cat"]);
      expect(journal).not.toContain(apiKey);
      const { stdout: words } = await must(lab().lab, node, [
        "sh",
        "-c",
        "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' ' '",
      ]);
      expect(words).not.toContain(apiKey);
      expect(JSON.stringify(await on(node))).not.toContain(apiKey);
    }
  });
}
