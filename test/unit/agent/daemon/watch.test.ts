import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answering } from "../haproxy/runtimeFixtures.ts";
import { bothOnline, eventually, states, type WatchedNode, watchedNode } from "./watchFixtures.ts";

let node: WatchedNode;
beforeEach(async () => {
  node = await watchedNode();
});
afterEach(() => node[Symbol.asyncDispose]());

describe("the loop", () => {
  test("measures, prefers the first proxy, and switches when it dies", async () => {
    await node.serveHaproxy();
    const { said } = node.watching();
    await node.settled();
    expect(node.haproxy.map.get("preferred")).toBe("wg1");
    await node.proxies[0]?.[Symbol.asyncDispose]();
    node.haproxy.states.set("wg1", "DOWN");
    const after = await eventually(
      node.page,
      (now) => now?.groups[0]?.preferred === "wg2" && states(now)[0] === "offline",
    );
    expect(after?.groups[0]?.switches.map(({ from, to, why }) => ({ from, to, why }))).toEqual([
      { from: "wg1", to: "wg2", why: "failed" },
      { from: null, to: "wg1", why: "first" },
    ]);
    await eventually(
      () => node.haproxy.map.get("preferred"),
      (name) => name === "wg2",
    );
    expect(readFileSync(node.mapFile, "utf8")).toMatch(/^preferred wg2\n/);
    await eventually(
      () => node.haproxy.commands,
      (commands) => commands.includes("shutdown sessions server egress-main/wg1"),
    );
    expect(readFileSync(join(node.folder, "haproxy_health_7891.log"), "utf8")).toContain(
      `Backend ${node.proxies[0]?.port} is offline (refused)`,
    );
    expect(said()).toContain("event=switch group=main from=wg1 to=wg2 why=failed");
  });

  test.each([
    ["is gone", undefined],
    ["hangs", () => {}],
    ["answers garbage", answering(() => "\u0001garbage\n")],
  ] as [string, ((client: Socket) => void) | undefined][])(
    "keeps measuring where haproxy's socket %s, logs it once, and catches up",
    async (_, serve) => {
      const bad = serve === undefined ? undefined : await node.serveHaproxy(serve);
      const { said } = node.watching();
      const dark = await eventually(node.page, bothOnline);
      expect(dark?.haproxy.answers).toBe(false);
      const probes = await eventually(
        node.page,
        (now) => (now?.groups[0]?.servers[0]?.latencyMs ?? null) !== null,
      );
      expect(probes?.groups[0]?.preferred).toBe("wg1");
      await eventually(
        () => readFileSync(node.mapFile, "utf8"),
        (text) => text.startsWith("preferred wg1\n"),
      );
      await bad?.disposeAsync();
      await node.serveHaproxy();
      await eventually(node.page, (now) => now?.haproxy.answers === true);
      await eventually(
        () => node.haproxy.map.get("preferred"),
        (name) => name === "wg1",
      );
      expect(said().match(/<5>haproxy: works again/g)).toHaveLength(1);
      expect(said().match(/<3>haproxy: /g)?.length).toBeLessThanOrEqual(2);
    },
  );

  test("restores the preference that a restart of haproxy lost, and logs the restart", async () => {
    await node.serveHaproxy();
    node.watching();
    await node.settled();
    node.haproxy.map.clear();
    node.haproxy.pid = 4711;
    await eventually(
      () => node.haproxy.map.get("preferred"),
      (name) => name === "wg1",
    );
    await eventually(
      () => readFileSync(join(node.folder, "haproxy_health_7891.log"), "utf8"),
      (text) => text.includes("HAProxy was reloaded or restarted"),
    );
  });
});
