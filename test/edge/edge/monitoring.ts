import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as z from "zod";
import { messageOf } from "../../../base/failure.ts";
import { startPrometheus } from "../../harness/prometheus.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { nodes } from "./edgeLab.ts";
import { addressOf, agent, askEdge, domain, type RoutesLab, routesOf, targetUrl } from "./routesLab.ts";

const Dashboard = z.object({
  templating: z.object({
    list: z.array(
      z.object({ name: z.string(), query: z.union([z.string(), z.object({ query: z.string() })]) }),
    ),
  }),
  panels: z.array(z.object({ targets: z.array(z.object({ expr: z.string() })).default([]) })),
});

/** What a pair with all of an edge gives to Prometheus and Grafana. */
export function monitoringTests(lab: () => RoutesLab): void {
  const ask = (label: string, path = "/") => askEdge(lab(), label, path);
  const fileOf = async (path: string) => (await must(lab().lab, nodes[0], ["cat", path])).stdout;

  it("every query of the alert rules and of the dashboard finds something in a Prometheus of Debian's", async () => {
    const folder = join(lab().stack.home.folder, "prometheus");
    mkdirSync(folder, { recursive: true });
    await routesOf(lab()).addHttpRoute(agent, "counted", targetUrl);
    await routesOf(lab()).addHttpRoute(agent, "broken", targetUrl.replace(/\d+$/, "3999"), {
      breakerFailures: 3,
    });
    const rules = await fileOf("/etc/hapair/prometheus/edge.rules.yml");
    const dashboard = Dashboard.parse(JSON.parse(await fileOf("/etc/hapair/grafana/edge.json")));
    const targets = nodes.flatMap((node) => [8404, 8405].map((port) => `${addressOf(node)}:${port}`));
    const prometheus = await startPrometheus(lab().lab, folder, { targets, rules });
    try {
      const alerts = [...rules.matchAll(/^ +expr: (.*)$/gm)].map(([, expr = ""]) => expr);
      const panels = dashboard.panels.flatMap((panel) => panel.targets.map(({ expr }) => expr));
      expect(Math.min(alerts.length, panels.length)).toBeGreaterThan(10);
      const choices = dashboard.templating.list.flatMap(({ query }) =>
        typeof query === "string" ? [] : [query.query.replace(/^label_values\((.*), \w+\)$/, "$1")],
      );
      expect(choices).toHaveLength(1);
      const queries = [...alerts.flatMap(lookedAt), ...panels.map(chosen), ...choices];
      const empty = async () => {
        await Promise.all([ask("counted"), ask("counted", "/fails"), ask("broken")]);
        await routesOf(lab()).listRoutes();
        const found = queries.map(async (expr) => {
          const series = await prometheus.query(expr).catch(messageOf);
          return Array.isArray(series) && series.length > 0 ? [] : [[expr, series]];
        });
        return (await Promise.all(found)).flat();
      };
      await expect.poll(empty, { timeout: 60_000, interval: 500 }).toEqual([]);
      const firing = async () => {
        await ask("broken");
        // The target of that route fails, which is told after two minutes.
        const series = await prometheus.query('ALERTS{alertstate="firing", alertname!="HapairRouteFails"}');
        return series.map(({ alertname, route }) => ({ alertname, route }));
      };
      const circuit = { alertname: "HapairRouteCircuitOpen", route: `broken.${domain}` };
      await expect.poll(firing, { timeout: 60_000, interval: 500 }).toEqual([circuit]);
    } finally {
      await prometheus.stop();
    }
  });
}

/** What an alert looks at: it is there also while the alert is not. */
function lookedAt(expr: string): readonly string[] {
  return expr.split(/ and on \(\w+\) /).map((part) => {
    const absent = /^absent\((.*)\)$/.exec(part)?.[1];
    return absent ?? part.replace(/ (?:[<>]|==) [0-9. *]+$/, "");
  });
}

/** A panel's query as Grafana asks it, of all routes. */
function chosen(expr: string): string {
  return expr.replaceAll("$__rate_interval", "30s").replaceAll("$route", ".*");
}
