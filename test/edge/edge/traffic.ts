import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as z from "zod";
import { messageOf } from "../../../base/failure.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { startPrometheus } from "../../harness/prometheus.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { get, nodes } from "./edgeLab.ts";
import { addressOf, agent, domain, type RoutesLab, routesOf, targetUrl } from "./routesLab.ts";
import { rolesOf } from "./routesSurvive.ts";

const Dashboard = z.object({
  templating: z.object({
    list: z.array(
      z.object({ name: z.string(), query: z.union([z.string(), z.object({ query: z.string() })]) }),
    ),
  }),
  panels: z.array(z.object({ targets: z.array(z.object({ expr: z.string() })).default([]) })),
});

/** What Prometheus and Grafana are told of the traffic of routes. */
export function trafficTests(lab: () => RoutesLab): void {
  const ask = (label: string, path = "/") => {
    const { outputs } = lab();
    return get(`${outputs.reach?.edge?.https}${path}`, `${label}.${domain}`, {
      ca: outputs.edgeAuthority ?? "",
    });
  };
  const metrics = async (node: string) => {
    const { stdout } = await exec(lab().lab, "app", [
      ...["curl", "--silent", "--max-time", "5", `http://${addressOf(node)}:8405/metrics`],
    ]);
    return stdout;
  };
  const sampleOf = async (node: string, series: string) => {
    const line = (await metrics(node)).split("\n").find((line) => line.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
  const fileOf = async (path: string) => (await must(lab().lab, nodes[0], ["cat", path])).stdout;

  it("each request of a route is counted by its status and its time, also over a reload, and no other name", async () => {
    await routesOf(lab()).addHttpRoute(agent, "counted", targetUrl);
    const { holder } = await rolesOf(lab());
    const route = `counted.${domain}`;
    const count = (code: string) =>
      sampleOf(holder, `hapair_edge_requests_total{route="${route}",code="${code}"}`);
    await ask("counted");
    // What the agent sees first may be older than itself.
    await expect.poll(() => count("2xx"), { timeout: 15_000 }).toBeDefined();
    const before = { good: (await count("2xx")) ?? 0, bad: (await count("5xx")) ?? 0 };
    for (let round = 0; round < 20; round += 1) await ask("counted");
    for (let round = 0; round < 5; round += 1) await ask("counted", "/fails");
    await ask("unknown");
    await expect
      .poll(async () => [await count("2xx"), await count("5xx")], { timeout: 15_000 })
      .toEqual([before.good + 20, before.bad + 5]);
    const bucket = (le: string) =>
      sampleOf(holder, `hapair_edge_request_seconds_bucket{route="${route}",le="${le}"}`);
    expect(await bucket("10")).toBe(await bucket("+Inf"));
    expect(await metrics(holder)).not.toContain(`unknown.${domain}`);
    await must(lab().lab, holder, ["systemctl", "reload", "haproxy"]);
    for (let round = 0; round < 10; round += 1) await ask("counted");
    await expect.poll(() => count("2xx"), { timeout: 15_000 }).toBe(before.good + 30);
  });

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
      const queries = [...alerts.map(withoutCondition), ...panels.map(chosen), ...choices];
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
function withoutCondition(expr: string): string {
  const absent = /^absent\((.*)\)$/.exec(expr)?.[1];
  return absent ?? expr.replace(/ (?:>|==) [0-9.]+$/, "");
}

/** A panel's query as Grafana asks it, of all routes. */
function chosen(expr: string): string {
  return expr.replaceAll("$__rate_interval", "30s").replaceAll("$route", ".*");
}
