import type { Pair, Target } from "./topology.ts";

/** A SOCKS proxy that a lab's `internet` runs, in a network namespace with an address of its own. */
export interface LabProxy {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Whether the internet answers it as an exit of Cloudflare WARP. */
  readonly warp: boolean;
}

/** The machine that plays the internet of a lab. */
export interface InternetHost {
  readonly role: "internet";
  readonly name: string;
  readonly address: string;
  readonly proxies: readonly LabProxy[];
}

/** Its name, beside those of the pairs' hosts. */
export const internetName = "internet";

/** The machine that plays the internet, in a lab that has one. */
export function internetOf({ internet }: Target<"lab">, pairs: readonly Pair[]): readonly InternetHost[] {
  if (internet === undefined) return [];
  return [{ role: "internet", name: internetName, address: internet, proxies: labProxies(pairs) }];
}

/** Each proxy that no node runs itself, once: several groups may use one. */
function labProxies(pairs: readonly Pair[]): readonly LabProxy[] {
  const groups = pairs.flatMap(({ egress }) => egress?.groups ?? []);
  const proxies = groups.flatMap(({ servers, lastResorts }) => [
    ...servers.map((server) => ({ ...server, warp: false })),
    ...lastResorts,
  ]);
  const own = proxies.filter(({ wireproxy }) => !wireproxy);
  return [...new Map(own.map(({ wireproxy, ...proxy }) => [proxy.name, proxy])).values()];
}
