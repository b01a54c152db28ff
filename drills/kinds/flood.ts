import { join } from "node:path";
import { createInterface } from "node:readline";
import { startClient } from "../clients/startClient.ts";
import { nowMs, waitUntil } from "../time.ts";
import type { Kind } from "./kind.ts";

const connections = 5000;
const openWithinMs = 20_000;
/** Longer than HAProxy waits for the first bytes of a client. */
const floodMs = 8000;

export const connectionFlood: Kind = {
  description: `${connections} silent connections to the SQL port and as many to the SOCKS port, from one address`,
  ask: "query",
  // What the drill is about: a client that says who it is logs in within a second.
  promptMs: 1000,
  play: async ({ pair, restore, signal, elapsed, healthy }) => {
    const ports = [pair.vip.port, ...(pair.egress ? [pair.egress.port] : [])];
    const plan = { host: pair.vip.address, ports, connections, forMs: openWithinMs + 2 * floodMs };
    const child = startClient(
      pair.lab,
      join(import.meta.dirname, "../clients/floodProgram.ts"),
      JSON.stringify(plan),
    );
    const stop = () => void child.stdin.end();
    restore(stop);
    let open = false;
    createInterface({ input: child.stdout }).on("line", () => {
      open = true;
    });
    await waitUntil(() => (open ? undefined : "the silent connections are not open"), openWithinMs, signal);
    await elapsed(nowMs(), floodMs);
    stop();
    await healthy();
  },
};
