import { expect, it } from "vitest";
import type { RouteError } from "../../../client/index.ts";
import { cut, heal } from "../../../lab/faults/cut.ts";
import { kill } from "../../../lab/faults/power.ts";
import { up } from "../../../lab/machine/up.ts";
import { nodes } from "./edgeLab.ts";
import {
  agent,
  bothFollow,
  domain,
  listOn,
  type RoutesLab,
  routesOf,
  statusOn,
  statusOnBoth,
  targetUrl,
} from "./routesLab.ts";
import { rolesOf } from "./routesSurvive.ts";

/** How a change ends: where it is served, or why it is refused; with its time. */
async function change(lab: RoutesLab, label: string, deadlineMs = 5000) {
  const beganAt = performance.now();
  const told = await routesOf(lab)
    .addHttpRoute(agent, label, targetUrl, {}, { deadlineMs })
    .then(
      ({ appliedOn, pendingOn }) => ({ appliedOn, pendingOn }),
      (error: RouteError) => ({ code: error.code, words: error.message }),
    );
  return { ...told, tookMs: performance.now() - beganAt };
}

/** What a pair does whose database is away, or that is parted. */
export function databaseTests(lab: () => RoutesLab): void {
  it("without the database traffic goes on, changes fail at once, and both nodes are right as soon as it is back", async () => {
    await bothFollow(lab(), 10_000);
    await change(lab(), "before");
    kill(lab().lab, "db1");
    try {
      const refused = async () => {
        const { code } = { code: undefined, ...(await change(lab(), "meanwhile")) };
        return code;
      };
      await expect.poll(refused, { timeout: 15_000 }).toBe("circuit-open");
      for (let count = 0; count < 5; count += 1) {
        const told = await change(lab(), "meanwhile");
        expect(told).toMatchObject({
          code: "circuit-open",
          words: expect.stringMatching(/^Circuit is open/),
        });
        expect(told.tookMs).toBeLessThan(500);
      }
      expect(await statusOnBoth(lab(), "before")).toEqual(["200", "200"]);
    } finally {
      await up(lab().lab, "db1");
    }
    await bothFollow(lab(), 30_000);
    expect(await change(lab(), "after")).toMatchObject({ pendingOn: [] });
    expect(await statusOnBoth(lab(), "after")).toEqual(["200", "200"]);
  });

  it("a node that is cut off is named as pending once the deadline is over, and catches up afterwards", async () => {
    const { holder, backup } = await rolesOf(lab());
    cut(lab().lab, backup, { how: "port" });
    try {
      const first = await change(lab(), "parted");
      expect(first).toMatchObject({ appliedOn: [holder], pendingOn: [backup] });
      expect(first.tookMs).toBeGreaterThan(900);
      expect(first.tookMs).toBeLessThan(2500);
      expect(await statusOn(lab(), holder, "parted")).toBe("200");
      expect(await statusOn(lab(), backup, "parted")).toBe("404");
      // One that is known to be away is not waited for.
      const next = async () => (await change(lab(), "parted")).tookMs;
      await expect.poll(next, { timeout: 10_000 }).toBeLessThan(500);
    } finally {
      heal(lab().lab, backup);
    }
    await expect.poll(() => listOn(lab(), backup), { timeout: 15_000 }).toContain(`parted.${domain}`);
    expect(await statusOnBoth(lab(), "parted")).toEqual(["200", "200"]);
    await bothFollow(lab(), 15_000);
  });
}

/** A pair whose changes have to be on all nodes. */
export function requireAllTests(lab: () => RoutesLab): void {
  it("a change that has to be on all nodes is not made while one is away", async () => {
    const { holder, backup } = await rolesOf(lab());
    await bothFollow(lab(), 10_000);
    cut(lab().lab, backup, { how: "port" });
    try {
      // One that was made before that was known says so.
      const refused = async () => ({ words: "made", ...(await change(lab(), "everywhere")) }).words;
      await expect
        .poll(refused, { timeout: 10_000 })
        .toMatch(`nothing was changed: ${backup} cannot be reached`);
      const { version } = await routesOf(lab()).listRoutes();
      expect(await change(lab(), "nowhere")).toMatchObject({ code: "not-everywhere" });
      expect((await routesOf(lab()).listRoutes()).version).toBe(version);
      expect(await statusOn(lab(), holder, "nowhere")).toBe("404");
    } finally {
      heal(lab().lab, backup);
    }
    await bothFollow(lab(), 20_000);
    expect(await change(lab(), "everywhere")).toMatchObject({ pendingOn: [] });
    for (const node of nodes) expect(await listOn(lab(), node)).toContain(`everywhere.${domain}`);
  });
}
