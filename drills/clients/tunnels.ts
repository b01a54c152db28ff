import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { LostTunnel } from "../measure/tunnels.ts";
import { nowMs, waitUntil } from "../time.ts";
import type { TunnelPlan } from "./plans.ts";
import { startClient } from "./startClient.ts";

const openWithinMs = 10_000;
/** Reserve for clients on a busy host, beyond what their plan takes. */
const busyMs = 2000;

/** Long connections of clients on the application server, through the egress. */
export interface Tunnels {
  /** Address of the proxy that carries each connection, in the order in which they were opened. */
  readonly exits: readonly string[];
  /** The connections that ended although their client did not close them. */
  readonly lost: readonly LostTunnel[];
  /** Opens `count` more. @returns the exit of each @throws Failure where one does not open */
  open(count: number, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Sends a request on each connection, and waits until it is answered or the connection is lost. Then `lost` has
   * every connection that was dead before, the silent ones too.
   */
  settled(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Starts the clients; none has a connection yet. */
export function startTunnels(lab: string, plan: TunnelPlan): Tunnels {
  const child = startClient(lab, join(import.meta.dirname, "tunnelsProgram.ts"), JSON.stringify(plan));
  const exit = once(child, "exit");
  const { exits, lost, read, countUnanswered } = tunnelLog();
  createInterface({ input: child.stdout }).on("line", read);
  return {
    exits,
    lost,
    open: async (count, signal) => {
      const before = exits.length;
      child.stdin.write(`open ${count}\n`);
      const problem = () => {
        const missing = before + count - exits.length;
        const causes = new Set(lost.map(({ cause }) => cause));
        return missing === 0
          ? undefined
          : `${missing} of ${count} long connections did not open (${[...causes].join(", ")})`;
      };
      await waitUntil(problem, openWithinMs, signal);
      return exits.slice(before);
    },
    settled: async (signal) => {
      const sinceMs = nowMs();
      child.stdin.write("ask\n");
      const problem = () => {
        const unanswered = countUnanswered(sinceMs);
        return unanswered === 0 ? undefined : `${unanswered} long connections neither answer nor end`;
      };
      await waitUntil(problem, plan.silentMs + busyMs, signal);
    },
    close: async () => {
      child.stdin.end();
      await exit;
    },
  };
}

/** What the lines of `tunnelsProgram.ts` say. */
export interface TunnelLog extends Pick<Tunnels, "exits" | "lost"> {
  read(line: string): void;
  /** How many open connections have no answer yet to a request sent at `sinceMs` or later. */
  countUnanswered(sinceMs: number): number;
}

export function tunnelLog(): TunnelLog {
  const exits: string[] = [];
  const lost: LostTunnel[] = [];
  /** When the last request that was answered had been sent, by connection; ms on the monotonic clock. */
  const answered = new Map<string, number>();
  return {
    exits,
    lost,
    read: (line) => {
      const [word, tunnel = "", second = "", exit = "", cause = ""] = line.split(" ");
      if (word === "open") {
        exits.push(second);
        answered.set(tunnel, Number.NEGATIVE_INFINITY);
      }
      if (word === "answered") answered.set(tunnel, Number(second));
      if (word === "lost") {
        lost.push({ exit, cause, askedMs: Number(second) });
        answered.delete(tunnel);
      }
    },
    countUnanswered: (sinceMs) => [...answered.values()].filter((askedMs) => askedMs < sinceMs).length,
  };
}
