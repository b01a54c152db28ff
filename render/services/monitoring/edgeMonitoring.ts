import * as z from "zod";
import { metricsPortOf, type Pair } from "../../../topology/topology.ts";
import { file, template } from "../../template.ts";
import { instancesOf } from "../prometheus.ts";
import { changesRow, updatesRow } from "./agentPanels.ts";
import { dashboardJson } from "./dashboard.ts";
import { edgeRow, type Instances, routesRow } from "./edgePanels.ts";

const rulesPath = "etc/hapair/prometheus/edge.rules.yml";
const dashboardPath = "etc/hapair/grafana/edge.json";

/** `haproxies` and `agents` are regular expressions; `haproxy` and `agent` address and port. */
const rules = template(
  rulesPath,
  z.strictObject({
    pair: z.string(),
    statsPort: z.int(),
    agentPort: z.int(),
    names: z.string(),
    nodes: z.array(z.strictObject({ name: z.string(), haproxy: z.string(), agent: z.string() })).min(1),
    haproxies: z.string(),
    agents: z.string(),
    hasRoutes: z.boolean(),
    hasUpdates: z.boolean(),
  }),
);

/**
 * Alert rules and a dashboard of an edge and its routes, to copy to Prometheus and Grafana; no daemon of the host reads
 * them. The same on every node of a pair; none without an edge.
 */
export function edgeMonitoringFiles(pair: Pair) {
  const { name, nodes, edge, routes, haproxy } = pair;
  if (edge === undefined) return [];
  const { statsPort } = haproxy;
  const agentPort = metricsPortOf(pair);
  const instances: Instances = {
    haproxies: instancesOf(nodes, statsPort),
    agents: instancesOf(nodes, agentPort),
  };
  const hasRoutes = routes !== undefined;
  const hasUpdates = edge.updates !== undefined;
  const text = rules({
    ...{ pair: name, statsPort, agentPort, hasRoutes, hasUpdates, ...instances },
    names: nodes.map((node) => node.name).join(", "),
    nodes: nodes.map(({ name, address }) => ({
      name,
      haproxy: `${address}:${statsPort}`,
      agent: `${address}:${agentPort}`,
    })),
  });
  const dashboard = dashboardJson({
    uid: `hapair-edge-${name}`.slice(0, 40),
    title: `hapair: edge of ${name}`,
    rows: [
      edgeRow(instances),
      ...(hasRoutes ? [routesRow(instances), changesRow(instances)] : []),
      ...(hasUpdates ? [updatesRow(instances)] : []),
    ],
    choices: hasRoutes
      ? { route: `label_values(hapair_edge_requests_total{instance=~"${instances.agents}"}, route)` }
      : {},
  });
  return [file(rulesPath, text), file(dashboardPath, dashboard)];
}
