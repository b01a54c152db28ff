import type { Panel, Row } from "./dashboard.ts";

/** Regular expressions for the `instance` of the nodes' haproxy and agent. */
export interface Instances {
  readonly haproxies: string;
  readonly agents: string;
}

/** Grafana's own choice of a range for `rate`. */
export const every = "$__rate_interval";

/** What HAProxy counts of the edge as a whole. */
export function edgeRow({ haproxies }: Instances): Row {
  const edge = (metric: string, labels = "") =>
    `haproxy_frontend_${metric}{instance=~"${haproxies}", proxy="edge"${labels}}`;
  const perSecond = (title: string, metric: string, unit: Panel["unit"] = "reqps"): Panel => ({
    title,
    unit,
    queries: [{ expr: `rate(${edge(metric)}[${every}])`, legend: "{{instance}}" }],
  });
  return {
    title: "Edge",
    panels: [
      perSecond("Requests", "http_requests_total"),
      {
        title: "Answers by status",
        unit: "reqps",
        queries: [
          {
            expr: `sum by (code) (rate(${edge("http_responses_total")}[${every}]))`,
            legend: "{{code}}",
          },
        ],
      },
      perSecond("Refused, beyond a limit or without a route", "requests_denied_total"),
      {
        title: "Connections",
        unit: "short",
        queries: [
          { expr: edge("current_sessions"), legend: "{{instance}}" },
          { expr: `max(${edge("limit_sessions")})`, legend: "limit" },
        ],
      },
      {
        title: "Bytes",
        unit: "Bps",
        queries: ["in", "out"].map((way) => ({
          expr: `rate(${edge(`bytes_${way}_total`)}[${every}])`,
          legend: `{{instance}} ${way}`,
        })),
      },
      {
        title: "Nodes that serve",
        unit: "short",
        queries: [{ expr: edge("status", ', state="UP"'), legend: "{{instance}}" }],
      },
    ],
  };
}

/** What the agents read of each route. */
export function routesRow({ agents }: Instances): Row {
  const chosen = `instance=~"${agents}", route=~"$route"`;
  const rate = (metric: string, labels = "") => `rate(hapair_edge_${metric}{${chosen}${labels}}[${every}])`;
  const byRoute = (title: string, unit: Panel["unit"], expr: string, legend = "{{route}}"): Panel => ({
    title,
    unit,
    queries: [{ expr, legend }],
  });
  const quantile = (part: number) =>
    `histogram_quantile(${part}, sum by (route, le) (${rate("request_seconds_bucket")}))`;
  return {
    title: "Routes",
    panels: [
      byRoute("Requests of a route", "reqps", `sum by (route) (${rate("requests_total")})`),
      byRoute(
        "Share of 5xx",
        "percentunit",
        `sum by (route) (${rate("requests_total", ', code="5xx"')}) / sum by (route) (${rate("requests_total")})`,
      ),
      byRoute("Answers by status", "reqps", `sum by (code) (${rate("requests_total")})`, "{{code}}"),
      byRoute("Time to the answer, p50", "s", quantile(0.5)),
      byRoute("Time to the answer, p99", "s", quantile(0.99)),
      byRoute(
        "Refused by circuit or limit",
        "reqps",
        `sum by (route, reason) (${rate("refused_total")})`,
        "{{route}} {{reason}}",
      ),
      byRoute(
        "Requests and WebSockets under way",
        "short",
        `sum by (route) (hapair_edge_requests_open{${chosen}})`,
      ),
    ],
  };
}
