import { expect, it } from "vitest";
import { kill } from "../../../lab/faults/power.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { up } from "../../../lab/machine/up.ts";
import { ask } from "../pair/client.ts";
import {
  cancelledQueries,
  connections,
  db1,
  holderOf,
  nodes,
  type PoolLab,
  poolerOf,
  poolersOfHost,
  poolersUp,
  status,
} from "./poolLab.ts";
import { sessionPortTests } from "./sessionPort.ts";

const addressOf: Readonly<Record<string, string>> = { haproxy1: "10.0.1.20", haproxy2: "10.0.1.21" };

/** Poolers on the nodes, PostgreSQL on a machine of its own. */
export function onNodesTests(lab: () => PoolLab): void {
  it("sends every session of a node through the poolers of that node", async () => {
    await poolersUp(lab().lab, 2 * poolersOfHost);
    const holder = await holderOf(lab().lab);
    const clients = await connections(await lab().url(), 8);
    try {
      expect(new Set(await Promise.all(clients.map(poolerOf)))).toEqual(new Set([addressOf[holder]]));
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  sessionPortTests(lab, async () => [addressOf[await holderOf(lab().lab)] ?? ""]);

  it("uses the other node's poolers while its own are down, and cancels queries there too", async () => {
    const holder = await holderOf(lab().lab);
    const other = nodes.find((node) => node !== holder) ?? "";
    const poolers = ["pgbouncer@6432", "pgbouncer@6433", "pgbouncer@6435"];
    await exec(lab().lab, holder, ["systemctl", "stop", ...poolers]);
    try {
      await poolersUpOn(lab().lab, holder, poolersOfHost);
      const clients = await connections(await lab().url(), 4);
      expect(new Set(await Promise.all(clients.map(poolerOf)))).toEqual(new Set([addressOf[other]]));
      await Promise.all(clients.map((client) => client.end()));
      expect(await ask(await lab().sessionUrl(), "select host(inet_client_addr())")).toBe(addressOf[other]);
      for (const error of await cancelledQueries(await lab().url(), 5)) expect(error).toContain("canceling");
    } finally {
      await exec(lab().lab, holder, ["systemctl", "start", ...poolers]);
    }
    await poolersUp(lab().lab, 2 * poolersOfHost);
  });

  it("shows poolers and their database on the nodes, PostgreSQL alone on its machine", async () => {
    for (const node of nodes)
      expect((await status(lab().lab, node)).pool).toMatchObject({
        postgres: null,
        database: { at: `${db1.address}:5432`, problem: null },
        poolers: Array.from({ length: poolersOfHost }, () => ({ reachable: true })),
      });
    expect((await status(lab().lab, db1.name)).pool).toMatchObject({ postgres: true, poolers: [] });
    const { stderr, exitCode } = await exec(lab().lab, db1.name, ["hapair", "pool", "show"]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("this host has no poolers")]);
  });

  it("serves through the other node's poolers after the holder is lost", async () => {
    const url = await lab().url();
    const holder = await holderOf(lab().lab);
    kill(lab().lab, holder);
    try {
      await expect
        .poll(() => ask(url, "select host(inet_client_addr())").catch(String), { timeout: 10_000 })
        .toBe(addressOf[nodes.find((node) => node !== holder) ?? ""]);
    } finally {
      await up(lab().lab, holder);
    }
    await poolersUp(lab().lab, 2 * poolersOfHost);
  });
}

async function poolersUpOn(lab: string, node: string, count: number): Promise<void> {
  const up = async () => (await status(lab, node)).node.servers.filter(({ state }) => state === "UP").length;
  await expect.poll(up, { timeout: 30_000 }).toBe(count);
}
