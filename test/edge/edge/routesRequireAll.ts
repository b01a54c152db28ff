import { expect, it } from "vitest";
import { change } from "../../../drills/observe/routes.ts";
import { cut, heal } from "../../../lab/faults/cut.ts";
import { nodes } from "./edgeLab.ts";
import { both, bothFollow, domain, listOn, type RoutesLab, routesOf, statusOn } from "./routesLab.ts";
import { rolesOf } from "./routesSurvive.ts";

/** A pair whose changes have to be on all nodes. */
export function requireAllTests(lab: () => RoutesLab): void {
  it("a change that has to be on all nodes is not made while one is away", async () => {
    const { holder, backup } = await rolesOf(lab());
    const { pair } = lab();
    await bothFollow(lab(), 10_000);
    cut(lab().lab, backup, { how: "port" });
    try {
      // One that was made before that was known says so.
      const refused = async () => (await change(pair, "everywhere")).words ?? "made";
      await expect
        .poll(refused, { timeout: 10_000 })
        .toMatch(`nothing was changed: ${backup} cannot be reached`);
      const { version } = await routesOf(lab()).listRoutes();
      expect(await change(pair, "nowhere")).toMatchObject({ code: "not-everywhere" });
      expect((await routesOf(lab()).listRoutes()).version).toBe(version);
      expect(await statusOn(lab(), holder, "nowhere")).toBe("404");
    } finally {
      heal(lab().lab, backup);
    }
    await bothFollow(lab(), 20_000);
    expect((await change(pair, "everywhere")).appliedOn.toSorted()).toEqual(both);
    for (const node of nodes) expect(await listOn(lab(), node)).toContain(`everywhere.${domain}`);
  });
}
