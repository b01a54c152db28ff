import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answering } from "../haproxy/runtimeFixtures.ts";
import { eventually, states, type WatchedNode, watchedNode } from "./watchFixtures.ts";

let node: WatchedNode;
beforeEach(async () => {
  node = await watchedNode();
});
afterEach(() => node[Symbol.asyncDispose]());

describe("the loop", () => {
  test("loads a new config on SIGHUP, and keeps the old one where the new one is wrong", async () => {
    await node.serveHaproxy();
    const { child, said } = node.watching();
    await node.settled();
    node.writeConfig({ ...node.config, groups: "none" });
    child.kill("SIGHUP");
    await eventually(said, (text) => text.includes("the old config stays in force"));
    expect(said().match(/<3>/g)).toHaveLength(1);
    expect(states(await node.page())).toEqual(["online", "online"]);
    node.writeConfig({
      ...node.config,
      groups: node.config.groups.map((group) => ({ ...group, servers: group.servers.slice(1) })),
    });
    child.kill("SIGHUP");
    const after = await eventually(node.page, (now) => now?.groups[0]?.servers.length === 1);
    await eventually(node.page, (now) => now?.groups[0]?.preferred === "wg2");
    expect(after?.groups[0]?.servers[0]?.name).toBe("wg2");
  });

  test("starts with a new config only after the old one's round has ended", async () => {
    let asked = 0;
    let most = 0;
    let onLook = (): Promise<void> => Promise.resolve();
    // Counted from a command to its answer: the end of a socket is seen later where this process is busy.
    await node.serveHaproxy(
      answering(async (command) => {
        asked += 1;
        most = Math.max(most, asked);
        if (command.startsWith("show stat")) await onLook();
        asked -= 1;
        return node.haproxy.answer(command);
      }),
    );
    const { child, said } = node.watching();
    await node.settled();
    node.writeConfig({ ...node.config, virtualAddress: "10.0.1.101" });
    // SIGHUP arrives in the middle of a round, while haproxy is slow to answer.
    onLook = () => {
      onLook = () => Promise.resolve();
      child.kill("SIGHUP");
      return new Promise((resolve) => setTimeout(resolve, 400));
    };
    await eventually(said, (text) => text.includes("is in force"));
    await eventually(node.page, (now) => now?.vip.address === "10.0.1.101" && now.haproxy.answers);
    // Each loop asks one thing at a time.
    expect(most).toBe(1);
  });

  test("ends at once on SIGTERM, changes nothing in haproxy, and remembers its switches at the next start", async () => {
    await node.serveHaproxy();
    const first = node.watching();
    await node.settled();
    const changes = node.haproxy.commands.filter((command) => /^(set|add|del|shutdown)/.test(command));
    first.child.kill("SIGTERM");
    const startedAt = performance.now();
    expect(await once(first.child, "exit")).toEqual([0, null]);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(node.haproxy.commands.filter((command) => /^(set|add|del|shutdown)/.test(command))).toEqual(
      changes,
    );
    node.watching();
    const again = await node.settled();
    expect(again?.groups[0]?.switches).toHaveLength(1);
  });

  test("runs with a state file of a later version, and keeps the file", async () => {
    await node.serveHaproxy();
    writeFileSync(node.config.stateFile, '{"version":99}');
    const { said } = node.watching();
    await node.settled();
    expect(said()).toContain("is kept as");
  });

  test("serves as soon as its address is free", async () => {
    await node.serveHaproxy();
    const blocker = createServer().listen(node.config.listen[0]);
    await once(blocker, "listening");
    const { said } = node.watching();
    await eventually(said, (text) => text.includes("tried again every second"));
    blocker.close();
    await node.settled();
  });
});
