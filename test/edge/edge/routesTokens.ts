import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { connect, type RouteError } from "../../../client/index.ts";
import { edgePair } from "../../harness/edgePair.ts";
import { pairOutputs } from "./edgeLab.ts";
import { access, type RoutesLab } from "./routesLab.ts";

/** A program that asks again and again with one token, until `stop`. */
function asking(lab: RoutesLab, token: string) {
  const routes = connect({ ...access(lab).outside, token });
  const failed: string[] = [];
  let count = 0;
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      await routes.listRoutes().catch(({ code, message }: RouteError) => failed.push(`${code}: ${message}`));
      count += 1;
      await pause(20);
    }
  })();
  return {
    failed,
    asked: () => count,
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}

/** Tokens that are replaced while programs ask with them. */
export function tokenTests(lab: () => RoutesLab): void {
  it("a token is replaced without a gap: both are taken from the new one's roll-out to the old one's removal", async () => {
    const rollOut = (...names: readonly string[]) => {
      const [operator] = edgePair.routes.tokens;
      const tokens = [operator, ...names.map((name) => ({ name, role: "routes" }))];
      const routes = { ...edgePair.routes, require: "all", tokens };
      return lab().stack.configure({
        lab: { internet: undefined },
        pair: { ...edgePair, routes, egress: undefined },
      });
    };
    const { deployer = "" } = lab().outputs.routeTokens ?? {};
    const before = asking(lab(), deployer);
    await rollOut("deployer", "deployer2").finally(() => before.stop());
    const { routeTokens } = await pairOutputs(lab().stack);
    const { deployer2 = "" } = routeTokens ?? {};
    expect(deployer2).not.toBe(deployer);
    const both = [asking(lab(), deployer), asking(lab(), deployer2)] as const;
    const [old, next] = both;
    try {
      await expect.poll(() => both.every(({ asked }) => asked() >= 20), { timeout: 10_000 }).toBe(true);
      await old.stop();
      await rollOut("deployer2");
    } finally {
      await Promise.all(both.map(({ stop }) => stop()));
    }
    expect(before.asked()).toBeGreaterThan(20);
    expect([before.failed, old.failed, next.failed]).toEqual([[], [], []]);
    await expect(connect({ ...access(lab()).outside, token: deployer }).listRoutes()).rejects.toMatchObject({
      code: "bad-token",
      status: 401,
    });
  }, 300_000);
}
