import { randomBytes } from "node:crypto";
import { messageOf } from "../../base/failure.ts";
import type { Route } from "../../contract/routes/route.ts";
import type { RoutesConfig } from "../../contract/routesConfig.ts";
import { request } from "../host/request.ts";
import { entryOf, targetOf } from "./entry.ts";
import { probeKey } from "./haproxy/commands.ts";
import { MapRefused, type RouteMap } from "./haproxy/routeMap.ts";
import type { TargetNames } from "./names.ts";

/** haproxy tries twice to connect, and then waits for the answer. */
const probeMs = 10_000;
const maxBytes = 64 * 1024;

/**
 * Has haproxy connect to a route's target under a key of the map that no client can ask for.
 * @returns why the target does not answer; null where it does
 */
export async function probeTarget(
  listener: RoutesConfig["probe"],
  route: Route,
  names: TargetNames,
  map: RouteMap,
): Promise<string | null> {
  const { host } = targetOf(route.target);
  await names.learn([host]);
  const address = names.addressOf(host);
  if (address === null)
    return `${host}: ${names.problems().get(host) ?? "no address of it is known that routes may lead to"}`;
  const key = `${probeKey}${randomBytes(8).toString("hex")}`;
  try {
    await map.serve([{ key, value: entryOf(route, address) }], false);
    return await answerThrough(listener, key, route.host);
  } catch (error) {
    if (error instanceof MapRefused) return error.message;
    throw error;
  } finally {
    map.serve([{ key, value: null }], false).catch(() => {
      // Once the daemon has stopped, the entry is gone with the next map.
    });
  }
}

/** Any answer of the target's is good: haproxy marks those with the header that names the key. */
async function answerThrough(
  { address, port, header }: RoutesConfig["probe"],
  key: string,
  host: string,
): Promise<string | null> {
  try {
    const { status, headers } = await request(new URL(`http://${address}:${port}/`), {
      method: "HEAD",
      headers: { [header]: key, host },
      timeoutMs: probeMs,
      maxBytes,
    });
    if (headers[header.toLowerCase()] !== undefined) return null;
    return causes[status] ?? `haproxy answers ${status} in its place`;
  } catch (error) {
    return `haproxy's listener for probes fails: ${messageOf(error)}`;
  }
}

/** What haproxy says of a target by the status of its own answer. */
const causes: Readonly<Record<number, string>> = {
  403: "haproxy forbids its address",
  502: "it closes the connection without an answer, or answers no HTTP",
  503: "it accepts no connection, or its certificate is not the right one",
  504: "it does not answer in time",
};
