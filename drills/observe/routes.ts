import { connect, type RouteError, type Routes } from "../../client/index.ts";
import { targetUrl } from "../clients/routes/target.ts";
import { run } from "../machine.ts";
import { lostChanges } from "../measure/lostChanges.ts";
import { type DrilledPair, edgeOf } from "../pair.ts";

/** What the nodes of a pair have of its routes, and how a change ends. */

export const agent = "drills";

/** The API, as this host reaches it. */
export function routesOf(pair: DrilledPair): Routes {
  return connect(edgeOf(pair).reach);
}

/** Removes the drills' own routes. */
export async function forgetRoutes(pair: DrilledPair): Promise<void> {
  const { routes } = await routesOf(pair).listRoutes(agent);
  const removals = routes.map(({ host }) => ({ do: "remove" as const, host, agent }));
  if (removals.length > 0) await routesOf(pair).transaction(removals);
}

/** How one change ended. */
export interface Told {
  readonly appliedOn: readonly string[];
  /** Absent where the change was acknowledged. */
  readonly code?: string;
  readonly words?: string;
  readonly tookMs: number;
}

/** Has a label lead to the drills' target. Never rejects. */
export async function change(pair: DrilledPair, label: string, deadlineMs = 5000): Promise<Told> {
  const begunAt = performance.now();
  const told = await routesOf(pair)
    .addHttpRoute(agent, label, targetUrl(pair), {}, { deadlineMs })
    .then(
      ({ appliedOn }) => ({ appliedOn }),
      ({ code, message }: RouteError) => ({ appliedOn: [], code, words: message }),
    );
  return { ...told, tookMs: performance.now() - begunAt };
}

/**
 * Asks a node's own edge, on loopback, for each host name of stdin, and prints the numbers that its target was asked with:
 * those that a writer has put there.
 */
const askAll = `let text = ""; process.stdin.on("data", (part) => { text += part; }).on("end", async () => {
  const { port, hosts } = JSON.parse(text);
  const agent = new (require("https").Agent)({ keepAlive: true, maxSockets: 4 });
  const ask = (host) => new Promise((resolve) => {
    const options = { agent, headers: { host }, servername: host, rejectUnauthorized: false };
    require("https").get("https://127.0.0.1:" + port + "/", options, (response) => {
      let body = "";
      response.on("data", (part) => { body += part; }).on("end", () => {
        try { resolve(Number(/^n(\\d+)\\.test$/.exec(JSON.parse(body).headers.host)[1])); }
        catch { resolve(response.statusCode + " " + body.slice(0, 80)); }
      });
    }).on("error", (error) => resolve(error.message));
  });
  console.log(JSON.stringify(await Promise.all(hosts.map(ask))));
  process.exit();
});`;

/** The acknowledged changes that a node does not serve, as sentences; empty where none is lost. */
export async function lostOn(
  pair: DrilledPair,
  node: string,
  acknowledged: Readonly<Record<string, number>>,
): Promise<readonly string[]> {
  const { domain, ports } = edgeOf(pair);
  const hosts = Object.keys(acknowledged).map((label) => `${label}.${domain}`);
  const asked = JSON.stringify({ port: ports.https, hosts });
  const served = JSON.parse(await run(pair.lab, node, ["node", "-e", askAll], asked));
  return lostChanges(node, acknowledged, served);
}

/** The routes of a node's own agent, as its root reads them: version and all. */
export function listOn({ lab }: DrilledPair, node: string): Promise<string> {
  return run(lab, node, ["hapair", "route", "list", "--json"]);
}

/** Why changes are not made on all nodes now, as a sentence; undefined where they are. */
export async function unhealthyRoutes(pair: DrilledPair): Promise<string | undefined> {
  const { appliedOn, words } = await change(pair, "following", 2000);
  const away = pair.nodes.filter((node) => !appliedOn.includes(node));
  return away.length === 0
    ? undefined
    : `a change of routes is not on ${away.join(" and ")}: ${words ?? "made"}`;
}
