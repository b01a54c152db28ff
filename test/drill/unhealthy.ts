import type { DrilledPair } from "./drilledPair.ts";
import { poolersUp } from "./observe/poolersUp.ts";
import { vrrpState } from "./observe/vrrpState.ts";
import type { HolderWatch } from "./observe/watchHolders.ts";

/** What keeps a pair from being drilled, as a sentence; undefined for a pair that is as it should be. */
export async function unhealthy(pair: DrilledPair, watch: HolderWatch): Promise<string | undefined> {
  const [holder, ...more] = watch.holders();
  if (holder === undefined) return `no node holds ${pair.vip.address}`;
  if (more.length > 0) return `${pair.vip.address} is held by ${[holder, ...more].join(" and ")}`;
  for (const node of pair.nodes) {
    const poolers = await poolersUp(pair.lab, node);
    if (poolers < pair.pool.ports.length)
      return `haproxy on ${node} sees ${poolers} of ${pair.pool.ports.length} poolers up`;
  }
  for (const node of pair.nodes) {
    const wanted = node === holder ? "MASTER" : "BACKUP";
    const state = await vrrpState(pair.lab, node);
    if (state !== wanted) return `keepalived on ${node} is ${state ?? "not running"}, not ${wanted}`;
  }
  return undefined;
}
