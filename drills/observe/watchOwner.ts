import { vpcOf } from "../../lab/vpc/vpc.ts";
import type { HolderChange } from "../measure/holding.ts";
import { nowMs } from "../time.ts";
import type { HolderWatch } from "./watchHolders.ts";

/** How often the VPC is asked. It says itself when the address moved. */
const lookMs = 25;

/**
 * Which node of EC2 holds the virtual address: the one that packets to it reach, as long as that one can answer. `atMs`
 * is when a move took effect.
 */
export function watchOwner(lab: string, address: string): HolderWatch {
  const vpc = vpcOf(lab);
  const changes: HolderChange[] = [];
  let owner: string | undefined;
  /** Dead or paused nodes. */
  const silent = new Set<string>();
  let holder: string | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let stopped = false;

  const update = (atMs = nowMs()) => {
    const now = owner === undefined || silent.has(owner) ? undefined : owner;
    if (now === holder) return;
    if (holder !== undefined) changes.push({ atMs, node: holder, holds: false });
    if (now !== undefined) changes.push({ atMs, node: now, holds: true });
    holder = now;
  };

  const look = async () => {
    const { deliveries } = await vpc.state();
    for (const { address: moved, machine, atMs } of deliveries) {
      if (moved !== address || atMs <= lookedMs) continue;
      lookedMs = atMs;
      // Whoever asks for the address is alive.
      silent.delete(machine);
      owner = machine;
      update(atMs);
    }
  };

  const watch = async () => {
    while (!stopped) {
      // The VPC's own end is noticed by the drill's other questions.
      await look().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  };
  void watch();

  const setSilent = (node: string, isSilent: boolean) => {
    if (isSilent) silent.add(node);
    else silent.delete(node);
    update();
  };
  return {
    changes,
    holders: () => (holder === undefined ? [] : [holder]),
    paused: setSilent,
    died: (node) => setSilent(node, true),
    stop: () => {
      stopped = true;
    },
  };
}
