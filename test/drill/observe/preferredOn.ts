import { preferredOf } from "../../../agent/egress/act/preference.ts";
import { egressOf } from "../drilledEgress.ts";
import type { DrilledPair } from "../drilledPair.ts";
import { askHaproxy } from "./askHaproxy.ts";

/** The proxy that a node's haproxy prefers; null where it has no preference. */
export async function preferredOn(pair: DrilledPair, node: string): Promise<string | null> {
  return preferredOf(await askHaproxy(pair.lab, node, `show map ${egressOf(pair).mapFile}`));
}
