import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { addressOf, agent, askEdge, domain, type RoutesLab, routesOf, targetUrl } from "./routesLab.ts";
import { rolesOf } from "./routesSurvive.ts";

/** What Prometheus is told of the traffic of routes. */
export function trafficTests(lab: () => RoutesLab): void {
  const ask = (label: string, path = "/") => askEdge(lab(), label, path);
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
}
