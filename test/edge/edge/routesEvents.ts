import { expect, it, onTestFinished } from "vitest";
import { must } from "../../lab/hosts/onHost.ts";
import { nodes } from "./edgeLab.ts";
import { followEvents } from "./events.ts";
import type { RoutesLab } from "./routesLab.ts";

/** What the events of a node tell of its HAProxy. */
export function eventTests(lab: () => RoutesLab): void {
  const [node] = nodes;
  const on = (machine: string, ...argv: readonly string[]) => must(lab().lab, machine, argv);
  const follow = async () => {
    const following = await followEvents(lab(), node);
    onTestFinished(() => following.stop());
    return following;
  };

  it("a pooler that is lost, and is back, as a server of its backend", async () => {
    const pooler = "pgbouncer@6432";
    const following = await follow();
    const states = () =>
      following
        .of("server")
        .filter(({ server }) => server.endsWith("/db1-6432"))
        .map(({ before, state }) => [before, state]);
    await on("db1", "systemctl", "stop", pooler);
    try {
      await expect.poll(states, { timeout: 10_000 }).toEqual([["UP", "DOWN"]]);
    } finally {
      await on("db1", "systemctl", "start", pooler);
    }
    const back = [
      ["UP", "DOWN"],
      ["DOWN", "UP"],
    ];
    await expect.poll(states, { timeout: 10_000 }).toEqual(back);
  });

  it("a configuration that somebody has broken by hand, and the one that is good again", async () => {
    const file = "/etc/haproxy/haproxy.cfg";
    const following = await follow();
    const last = () => following.of("configuration").at(-1)?.problem;
    const unhealthy = () => following.of("haproxy").at(-1);
    // A link to the bundle's file, in whose place an editor puts a file.
    await on(node, "cp", "--no-dereference", file, `${file}.kept`);
    await on(node, "sed", "-i", "$a frontend broken by hand", file);
    try {
      // It is looked at every ten seconds at most.
      await expect.poll(last, { timeout: 20_000 }).toContain("differs from");
      await expect.poll(unhealthy, { timeout: 5000 }).toMatchObject({ problem: expect.stringMatching(/./) });
    } finally {
      await on(node, "mv", `${file}.kept`, file);
    }
    await expect.poll(last, { timeout: 20_000 }).toBeNull();
    await expect.poll(unhealthy, { timeout: 5000 }).toMatchObject({ state: "HEALTHY", problem: null });
  }, 60_000);
}
