import { expect, it } from "vitest";
import {
  DatabaseHealth,
  HaproxyHealth,
  HaproxyRecovery,
  HaproxyStats,
  HaproxyValidation,
  SystemHealth,
} from "../../../contract/health.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { askApi } from "./askApi.ts";
import { nodes } from "./edgeLab.ts";
import { access, addressOf, agent, type RoutesLab, routesOf, statusOn, targetUrl } from "./routesLab.ts";
import { rolesOf } from "./routesSurvive.ts";

export const pidOn = async ({ lab }: RoutesLab, node: string) =>
  (await must(lab, node, ["systemctl", "show", "--property=MainPID", "--value", "haproxy"])).stdout.trim();

/** A sample of a node's agent, by its name with its labels. */
export async function metricOn({ lab }: RoutesLab, node: string, name: string): Promise<number> {
  const { stdout } = await must(lab, node, ["curl", "--silent", "http://127.0.0.1:8405/metrics"]);
  const line = stdout.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

/** The restarts of these tests count together. */
export async function forgetRestarts({ lab }: RoutesLab): Promise<void> {
  for (const node of nodes) await must(lab, node, ["rm", "-rf", "/run/hapair-action"]);
}

/** Waits until HAProxy is old enough to be taken for one that hangs. */
export async function isOldOn({ lab }: RoutesLab, node: string): Promise<void> {
  const ages = `systemctl show --property=ExecMainStartTimestampMonotonic --value haproxy; cut -d. -f1 /proc/uptime`;
  const ageS = async () => {
    const [startedUs = 0, nowS = 0] = (await must(lab, node, ["sh", "-c", ages])).stdout
      .split("\n")
      .map(Number);
    return nowS - startedUs / 1e6;
  };
  await expect.poll(ageS, { timeout: 20_000, interval: 500 }).toBeGreaterThan(11);
}

/** HAProxy's health at a node's own address. */
export async function haproxyHealthOn({ lab }: RoutesLab, node: string): Promise<HaproxyHealth["health"]> {
  const url = `https://${addressOf(node)}:8407/api/health/haproxy`;
  const { stdout } = await must(lab, "app", ["curl", "--silent", "--insecure", "--max-time", "5", url]);
  return HaproxyHealth.parse(JSON.parse(stdout)).health;
}

/** The health that the API shows, and how a node's HAProxy gets well again. */
export function healthTests(lab: () => RoutesLab): void {
  const bearer = (token = "operator") => ({ authorization: `Bearer ${access(lab(), token).inside.token}` });
  const forget = () => forgetRestarts(lab());

  it("the health of HAProxy, of the routes and of the database has the real values", async () => {
    await routesOf(lab()).addHttpRoute(agent, "healthy", targetUrl);
    const { holder } = await rolesOf(lab());
    const count = (await routesOf(lab()).listRoutes()).routes.length;
    const system = await askApi(lab(), "/api/health/system");
    expect([system.status, SystemHealth.parse(system.body)]).toMatchObject([
      200,
      {
        status: "healthy",
        node: holder,
        services: {
          haproxy: { status: "HEALTHY", circuitState: "CLOSED", metrics: { routeCount: count } },
          routes: { status: "healthy", problem: null },
        },
      },
    ]);
    const valid = async () => (await haproxyHealthOn(lab(), holder)).lastCheck?.details.configValid;
    await expect.poll(valid, { timeout: 20_000 }).toBe(true);
    const { stdout: version } = await must(lab().lab, holder, ["haproxy", "-v"]);
    const haproxy = HaproxyHealth.parse((await askApi(lab(), "/api/health/haproxy")).body).health;
    expect(version).toContain(`version ${haproxy.metrics?.version}`);
    expect(haproxy.lastCheck?.details).toMatchObject({
      apiConnected: true,
      serving: true,
      configValid: true,
    });
    expect(Object.keys(haproxy.metrics?.serverStates ?? {}).join()).toContain("edge-retries1/");
    expect(haproxy.metrics?.requests.total).toBeGreaterThan(0);
    const database = DatabaseHealth.parse((await askApi(lab(), "/api/health/db")).body);
    expect(database).toMatchObject({ status: "healthy", problem: null });
    expect(database.responseTime).toBeGreaterThan(0);
  });

  it("what shows more than health asks for a token", async () => {
    for (const path of ["/api/health/haproxy/stats", "/api/health/haproxy/validate"])
      expect(await askApi(lab(), path)).toMatchObject({ status: 401, body: { code: "bad-token" } });
    const { stats } = HaproxyStats.parse((await askApi(lab(), "/api/health/haproxy/stats", bearer())).body);
    expect(stats.frontends.map((line) => line.pxname)).toContain("edge");
    const validation = await askApi(lab(), "/api/health/haproxy/validate", bearer());
    expect(HaproxyValidation.parse(validation.body).valid).toBe(true);
  });

  it("HAProxy is restarted for an administrator with the stack's key, and for nobody else", async () => {
    await routesOf(lab()).addHttpRoute(agent, "healthy", targetUrl);
    const { holder } = await rolesOf(lab());
    const key = { "x-admin-key": lab().outputs.routesAdminKey ?? "" };
    const recover = async (headers: Readonly<Record<string, string>>, at = addressOf(holder)) => {
      const lines = Object.entries(headers).map(([name, value]) => `header = "${name}: ${value}"\n`);
      const { stdout } = await must(
        lab().lab,
        "app",
        [
          ...["curl", "--silent", "--insecure", "--max-time", "20", "--config", "-", "-X", "POST"],
          ...["--write-out", "%{http_code}", `https://${at}:8407/api/health/haproxy/recover`],
        ],
        lines.join(""),
      );
      const [body = "", status] = stdout.trim().split("\n");
      return { status: Number(status), body: JSON.parse(body) };
    };
    const before = await pidOn(lab(), holder);
    expect(await recover(key)).toMatchObject({ status: 401 });
    expect(await recover(bearer())).toMatchObject({ status: 401 });
    expect(await recover({ ...bearer("deployer"), ...key })).toMatchObject({ status: 403 });
    expect(await pidOn(lab(), holder)).toBe(before);
    const done = await recover({ ...bearer(), ...key });
    expect([done.status, HaproxyRecovery.parse(done.body).action]).toEqual([200, "restart"]);
    expect(await pidOn(lab(), holder)).not.toBe(before);
    expect(await statusOn(lab(), holder, "healthy")).toBe("200");
    // The virtual address leaves the node with the restart, and the answer is there all the same.
    const { holder: now } = await rolesOf(lab());
    const pid = await pidOn(lab(), now);
    const virtual = new URL(access(lab()).inside.url).hostname;
    let begun = await recover({ ...bearer(), ...key }, virtual);
    // Until this node has heard that the other one's HAProxy answers again, it must not leave its clients alone.
    const isBegun = async () => {
      if (begun.status === 409) begun = await recover({ ...bearer(), ...key }, virtual);
      return begun.status;
    };
    await expect.poll(isBegun, { timeout: 10_000, interval: 500 }).toBe(202);
    expect(HaproxyRecovery.parse(begun.body).node).toBe(now);
    await expect.poll(() => pidOn(lab(), now), { timeout: 10_000 }).not.toBe(pid);
    await expect
      .poll(async () => (await haproxyHealthOn(lab(), now)).lastRecovery, { timeout: 10_000 })
      .toMatchObject({ result: "made", problem: null });
    await forget();
  });
}
