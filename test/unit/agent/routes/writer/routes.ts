import type { Change } from "../../../../../contract/routes/change.ts";
import { Route, type StoredRoute } from "../../../../../contract/routes/route.ts";

export function put(host: string, target = "http://10.0.9.5:3000", agent = "shop"): Change & { do: "put" } {
  return { do: "put", route: Route.parse({ host, agent, target }) };
}

export function remove(host: string, agent = "shop"): Change {
  return { do: "remove", host, agent };
}

export function stored(host: string, version: number, agent = "shop"): StoredRoute {
  return { ...put(host, undefined, agent).route, version };
}
