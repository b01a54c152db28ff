import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually, type WatchedNode, watchedNode } from "../daemon/watchFixtures.ts";

let node: WatchedNode;
beforeEach(async () => {
  node = await watchedNode();
});
afterEach(() => node[Symbol.asyncDispose]());

describe("hapair check", () => {
  test("prints online with the latency, offline or degraded, without the loop", async () => {
    const [one, two] = node.proxies.map(({ port }) => port);
    expect((await node.run("check", String(one))).stdout).toMatch(new RegExp(`^${one},online,\\d+\\n$`));
    await node.proxies[1]?.[Symbol.asyncDispose]();
    expect(await node.run("check", String(two))).toEqual({
      status: 0,
      stdout: `${two},offline,N/A\n`,
      stderr: "",
    });
    expect(JSON.parse((await node.run("check", String(two), "--json")).stdout)).toEqual({
      port: two,
      server: "wg2",
      group: "main",
      state: "offline",
      cause: "refused",
      latencyMs: null,
    });
    await node.stack.use(createServer((socket) => socket.resume()).listen(two, "127.0.0.1"));
    expect((await node.run("check", String(two))).stdout).toBe(`${two},degraded,N/A\n`);
  });

  test.each([["1"], ["x"], ["-1"], ["99999"], [""], ["1e4"]])(
    "refuses %j with one sentence",
    async (port) => {
      const { status, stdout, stderr } = await node.run(
        "check",
        ...(port.startsWith("-") ? ["--", port] : [port]),
      );
      expect({ status, stdout, lines: stderr.trimEnd().split("\n").length }).toEqual({
        status: 2,
        stdout: "",
        lines: 1,
      });
    },
  );
});

describe("hapair egress", () => {
  test("shows the loop's table, and one sentence where there is no loop", async () => {
    const none = await node.run("egress");
    expect(none).toMatchObject({ status: 1, stdout: "" });
    expect(none.stderr).toMatch(/^hapair: the agent does not answer on 127\.0\.0\.1:\d+: see .*\n$/);
    await node.serveHaproxy();
    node.watching();
    await node.settled();
    const { status, stdout } = await node.run("egress");
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /wg1 +\d+ +online +\d+ ms +up +yes: first choice\n +wg2 +\d+ +online +\d+ ms +up +no: \d+ ms is not \d+ ms better\n/,
    );
    expect(stdout).toMatch(/UTC {2}nothing → wg1: first choice\n/);
  });

  test("says so on a node of a pair without egress, whose daemon runs all the same", async () => {
    node.writeConfig({ ...node.config, groups: [], moveVip: false });
    await node.serveHaproxy();
    node.watching();
    await eventually(node.page, (page) => page !== undefined);
    const { status, stdout } = await node.run("egress");
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `haproxy1 does not hold ${node.config.virtualAddress}\n  no egress group is declared for this pair\n`,
    });
  });
});
