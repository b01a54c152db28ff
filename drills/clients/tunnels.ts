import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execArgv } from "../../lab/machine/exec.ts";
import type { Scene } from "../kinds/kind.ts";
import { type TunnelLog, tunnelLog } from "../measure/tunnels.ts";
import { askHaproxy, preferredOn } from "../observe/daemons.ts";
import { egressOf } from "../pair.ts";
import { nowMs, waitUntil } from "../time.ts";
import { holdingOpen, tunnelPlan } from "./asking.ts";
import type { TunnelPlan } from "./plans.ts";

const openWithinMs = 10_000;
/** For clients on a busy host, beyond what their plan takes. */
const busyMs = 2000;

/** Long connections of clients on the application server. */
export interface Tunnels extends Pick<TunnelLog, "exits" | "lost"> {
  /** Opens so many more. @returns the exit of each @throws Failure where one does not open */
  open(count: number, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Lets each ask, and waits until it has an answer or is lost: from then on `lost` tells of every connection that was
   * dead before, the silent ones too.
   */
  settled(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Starts the clients; none has a connection yet. */
export function startTunnels(lab: string, plan: TunnelPlan): Tunnels {
  const program = join(import.meta.dirname, "tunnelsProgram.ts");
  const [file = "", ...args] = execArgv(lab, "app", [process.execPath, program]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify(plan)}\n`);
  const { exits, lost, read, unheard } = tunnelLog();
  createInterface({ input: child.stdout }).on("line", read);
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
    settled: async (signal) => {
      const sinceMs = nowMs();
      child.stdin.write("ask\n");
      const amiss = () => {
        const open = unheard(sinceMs);
        return open === 0 ? undefined : `${open} long connections neither answer nor end`;
      };
      await waitUntil(amiss, plan.silentMs + busyMs, signal);
    },
    close: async () => {
      child.stdin.end();
      await exit;
    },
  };
}

/** A round of polling, an election, and time for a busy host. */
const movedWithinMs = 5000;

/**
 * Opens long connections through the holder, half of them through another proxy than the one that is preferred in the
 * end: so there are some that the failure of that one must not touch. An operator's drain moves the preference.
 */
export async function spreadTunnels({
  pair,
  holder,
  signal,
  restore,
}: Pick<Scene, "pair" | "holder" | "signal" | "restore">): Promise<Tunnels> {
  const { lab } = pair;
  const { backend, servers } = egressOf(pair);
  const tunnels = startTunnels(lab, tunnelPlan(pair));
  restore(() => tunnels.close());
  const [first] = await tunnels.open(holdingOpen.tunnels / 2, signal);
  const drained = servers.find(({ address }) => address === first);
  if (!drained) throw new Error(`${first} is no proxy of the pair`);
  const set = (state: "drain" | "ready") =>
    askHaproxy(lab, holder, `set server ${backend}/${drained.name} state ${state}`);
  restore(async () => {
    await set("ready");
  });
  await set("drain");
  const amiss = async () =>
    (await preferredOn(pair, holder)) === drained.name
      ? `${drained.name} is drained and still preferred`
      : undefined;
  await waitUntil(amiss, movedWithinMs, signal);
  await tunnels.open(holdingOpen.tunnels / 2, signal);
  await set("ready");
  return tunnels;
}
