import { expect, it } from "vitest";
import { edgePair } from "../../harness/edgePair.ts";
import { type RoutesLab, routesOf, statusOnBoth, targetUrl } from "./routesLab.ts";

/** Routes that the config has, by roll-outs. */
export function fixedTests(lab: () => RoutesLab): void {
  const rollOut = (fixed: readonly object[]) =>
    lab().stack.configure({
      lab: { internet: undefined },
      pair: { ...edgePair, routes: { ...edgePair.routes, fixed }, egress: undefined },
    });
  const served = (label: string) => expect.poll(() => statusOnBoth(lab(), label), { timeout: 20_000 });

  it("routes of the config come with a roll-out to both nodes, are nobody's to change, and go with another one", async () => {
    const options = { retryOn: "empty-response", requestHeaders: { "X-Tenant": "north" } };
    await rollOut([{ host: "fixed", target: targetUrl, options }]);
    await served("fixed").toEqual(["200", "200"]);
    const api = routesOf(lab());
    const { routes } = await api.listRoutes("config");
    expect(routes).toMatchObject([{ host: "fixed.apps.example.test", options }]);
    await expect(api.removeHttpRoute("config", "fixed")).rejects.toMatchObject({ code: "bad-request" });
    await expect(api.addHttpRoute("tests", "fixed", targetUrl)).rejects.toMatchObject({ code: "taken" });
    await rollOut([]);
    await served("fixed").toEqual(["404", "404"]);
  }, 300_000);
}
