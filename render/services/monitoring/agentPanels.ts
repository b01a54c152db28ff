import type { Panel, Row } from "./dashboard.ts";
import { every, type Instances } from "./edgePanels.ts";

/** What the agent of each node says of itself. */
function ofAgents({ agents }: Instances) {
  const own = (metric: string) => `hapair_${metric}{instance=~"${agents}"}`;
  const changed = (metric: string) => `rate(${own(metric)}[${every}])`;
  const quantile99 = (metric: string) =>
    `histogram_quantile(0.99, sum by (instance, le) (${changed(`${metric}_bucket`)}))`;
  const byNode = (title: string, unit: Panel["unit"], expr: string): Panel => ({
    title,
    unit,
    queries: [{ expr, legend: "{{instance}}" }],
  });
  /** Several metrics in one panel, by what each line is called. */
  const several = (title: string, unit: Panel["unit"], lines: Readonly<Record<string, string>>): Panel => ({
    title,
    unit,
    queries: Object.entries(lines).map(([name, expr]) => ({ expr, legend: `{{instance}} ${name}` })),
  });
  return { own, changed, quantile99, byNode, several };
}

/** How changes of routes get along. */
export function changesRow(instances: Instances): Row {
  const { own, changed, quantile99, byNode, several } = ofAgents(instances);
  return {
    title: "Changes of routes",
    panels: [
      byNode("Routes", "short", own("routes_count")),
      byNode("Changes", "ops", changed("routes_changes_total")),
      byNode("Changes not served yet", "short", own("routes_lag")),
      byNode("HAProxy's part of a batch, p99", "s", quantile99("routes_apply_seconds")),
      byNode("API, p99", "s", quantile99("api_seconds")),
      {
        title: "Requests of the API by status",
        unit: "reqps",
        queries: [{ expr: `sum by (status) (${changed("api_requests_total")})`, legend: "{{status}}" }],
      },
      several("What routes rest on", "short", {
        haproxy: own("routes_haproxy_up"),
        store: own("routes_store_up"),
        log: own("routes_log_up"),
        servers: own("routes_servers_up"),
        "routes of the config": own("routes_fixed_up"),
      }),
      byNode("Whole maps written again", "ops", changed("routes_reconciles_total")),
      byNode(
        "Memory of the agent",
        "bytes",
        `process_resident_memory_bytes{instance=~"${instances.agents}"}`,
      ),
    ],
  };
}

/** How a route follows the nodes that a service names. */
export function updatesRow(instances: Instances): Row {
  const { own, changed, byNode, several } = ofAgents(instances);
  return {
    title: "Node updates",
    panels: [
      {
        title: "State of the updater",
        unit: "short",
        queries: [{ expr: `${own("updates_state")} == 1`, legend: "{{instance}} {{state}}" }],
      },
      several("Nodes", "short", {
        "of the list": own("updates_nodes"),
        "that accept no connection": own("updates_unanswered"),
      }),
      byNode(
        "Since the route was what the service says",
        "s",
        `time() - ${own("updates_last_success_seconds")}`,
      ),
      {
        title: "Failed rounds by reason",
        unit: "ops",
        queries: [{ expr: `sum by (reason) (${changed("updates_failures_total")})`, legend: "{{reason}}" }],
      },
      several("In trouble", "short", {
        fails: own("updates_failing"),
        "refuses a list": own("updates_refused"),
      }),
      {
        title: "Answers of the service, and changes of the route",
        unit: "ops",
        queries: [
          { expr: `sum by (result) (${changed("updates_fetches_total")})`, legend: "{{result}}" },
          { expr: `sum(${changed("updates_writes_total")})`, legend: "changes" },
        ],
      },
    ],
  };
}
