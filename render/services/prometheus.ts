import * as z from "zod";
import type { Egress } from "../../topology/schema/egress.ts";
import type { Pair } from "../../topology/topology.ts";
import { file, template } from "../template.ts";

const path = "etc/hapair/prometheus/egress.rules.yml";

/** `instances` and `lastResorts` are regular expressions; an empty `lastResorts` means that the group has none. */
const rules = template(
  path,
  z.strictObject({
    pair: z.string(),
    port: z.int(),
    nodes: z.array(z.strictObject({ name: z.string(), address: z.string() })).min(1),
    instances: z.string(),
    groups: z.array(z.strictObject({ name: z.string(), lastResorts: z.string() })).min(1),
  }),
);

/** Alert rules to copy to a Prometheus server; no daemon of the host reads them. The same on every node of a pair. */
export function prometheusFiles({ name, nodes }: Pair, { groups, metricsPort }: Egress) {
  const text = rules({
    pair: name,
    port: metricsPort,
    nodes: nodes.map(({ name, address }) => ({ name, address })),
    instances: instancesOf(nodes, metricsPort),
    groups: groups.map((group) => ({
      name: group.name,
      lastResorts: group.lastResorts.map((server) => server.name).join("|"),
    })),
  });
  return [file(path, text)];
}

/** A regular expression that Prometheus anchors. `[.]` rather than `\.`: YAML and PromQL would each need the backslash escaped. */
export function instancesOf(nodes: Pair["nodes"], port: number): string {
  return nodes.map(({ address }) => `${address.replaceAll(".", "[.]")}:${port}`).join("|");
}
