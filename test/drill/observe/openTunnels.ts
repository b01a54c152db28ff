import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execArgv } from "../../../lab/exec.ts";
import type { LostTunnel } from "../measure/tunnels.ts";
import { waitUntil } from "../waitUntil.ts";
import type { TunnelPlan } from "./tunnelPlan.ts";

const openWithinMs = 10_000;

/** Long connections of clients on the application server. */
export interface Tunnels {
  /** Opens so many more. @returns the exit of each @throws Failure where one does not open */
  open(count: number, signal: AbortSignal): Promise<readonly string[]>;
  /** The exits of all that were opened, one each. */
  readonly exits: readonly string[];
  /** Those that ended before they were closed, so far. */
  readonly lost: readonly LostTunnel[];
  close(): Promise<void>;
}

/** Starts the clients; none has a connection yet. */
export function startTunnels(lab: string, plan: TunnelPlan): Tunnels {
  const program = join(import.meta.dirname, "tunnels.ts");
  const [file = "", ...args] = execArgv(lab, "app", [process.execPath, program]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify(plan)}\n`);
  const exits: string[] = [];
  const lost: LostTunnel[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [word, address = "", cause = "", atMs] = line.split(" ");
    if (word === "open") exits.push(address);
    if (word === "lost") lost.push({ exit: address, cause, atMs: Number(atMs) });
  });
  return {
    exits,
    lost,
    open: async (count, signal) => {
      const before = exits.length;
      child.stdin.write(`open ${count}\n`);
      const amiss = () => {
        const missing = before + count - exits.length;
        const causes = new Set(lost.map(({ cause }) => cause));
        return missing === 0
          ? undefined
          : `${missing} of ${count} long connections did not open (${[...causes].join(", ")})`;
      };
      await waitUntil(amiss, openWithinMs, signal);
      return exits.slice(before);
    },
    close: async () => {
      child.stdin.end();
      await exit;
    },
  };
}
