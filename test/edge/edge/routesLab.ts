import { connect, type Routes } from "../../../client/index.ts";
import type { PairOutputs } from "../../../contract/stackOutputs.ts";
import { unhealthyRoutes } from "../../../drills/observe/routes.ts";
import type { DrilledPair } from "../../../drills/pair.ts";
import { waitUntil } from "../../../drills/time.ts";
import { exec } from "../../../lab/machine/exec.ts";
import type { TestStack } from "../../harness/testStack.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { type Answer, get, nodes, target } from "./edgeLab.ts";

/** The pair with routes, and its clients. */
export interface RoutesLab {
  readonly stack: TestStack;
  /** Name of the lab. */
  readonly lab: string;
  readonly outputs: PairOutputs;
  /** As the drills have it. */
  readonly pair: DrilledPair;
}

export const agent = "tests";
export const targetUrl = `http://${target.address}:${target.port}`;
export const domain = "apps.example.test";
export const both = [...nodes];

export function addressOf(node: string): string {
  return node === "haproxy1" ? "10.0.1.20" : "10.0.1.21";
}

/** What a client connects to: by the forwarded port of the virtual address, or as a machine of the lab does. */
export function access({ outputs }: RoutesLab, token = "operator") {
  const { routesUrl, routesAuthority, routeTokens = {}, reach } = outputs;
  const word = routeTokens[token];
  if (!routesUrl || !routesAuthority || !reach?.routesUrl || !word)
    throw new Error("the pair has no routes, or no such token");
  const inside = { url: routesUrl, ca: routesAuthority, token: word };
  return { inside, outside: { ...inside, url: reach.routesUrl, serverName: new URL(routesUrl).hostname } };
}

export function routesOf(lab: RoutesLab, token?: string): Routes {
  return connect(access(lab, token).outside);
}

/** One request through the virtual address. */
export function askEdge({ outputs }: RoutesLab, label: string, path = "/"): Promise<Answer> {
  const ca = outputs.edgeAuthority ?? "";
  return get(`${outputs.reach?.edge?.https}${path}`, `${label}.${domain}`, { ca });
}

/** Status of one request, without a second try, through a node's own edge. */
export async function statusOn({ lab }: RoutesLab, node: string, label: string): Promise<string> {
  const host = `${label}.${domain}`;
  const { stdout } = await exec(lab, node, [
    ...["curl", "--silent", "--insecure", "--max-time", "5", "--output", "/dev/null"],
    ...["--write-out", "%{http_code}", "--resolve", `${host}:8443:127.0.0.1`, `https://${host}:8443/`],
  ]);
  return stdout;
}

/** By node. */
export async function statusOnBoth(lab: RoutesLab, label: string): Promise<readonly string[]> {
  return Promise.all(nodes.map((node) => statusOn(lab, node, label)));
}

/** What a node's own agent has, as its root reads it. */
export async function listOn({ lab }: RoutesLab, node: string): Promise<readonly string[]> {
  const { stdout } = await must(lab, node, ["hapair", "route", "list", "--json"]);
  return JSON.parse(stdout).routes.map(({ host }: { host: string }) => host);
}

/** Waits until both nodes follow the database and serve changes within the deadline. */
export async function bothFollow({ pair }: RoutesLab, withinMs: number): Promise<void> {
  await waitUntil(() => unhealthyRoutes(pair), withinMs, AbortSignal.timeout(2 * withinMs));
}
