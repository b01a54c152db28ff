import type { Node, Pair } from "../../topology/topology.ts";
import type { Secrets } from "../secrets.ts";
import { alertFiles } from "./alerts.ts";
import { loopFiles } from "./loop.ts";
import { wireproxyFiles } from "./wireproxy.ts";

/** What egress puts on a node besides its part of haproxy.cfg, keepalived.conf and the firewall. */
export function egressFiles(pair: Pair, node: Node, secrets: Secrets) {
  const { egress } = pair;
  if (egress === undefined) return [];
  return [
    ...loopFiles(pair, egress, node, secrets),
    ...wireproxyFiles(egress, node, secrets),
    ...alertFiles(pair, egress),
  ];
}
