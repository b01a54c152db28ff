import { existsSync } from "node:fs";
import { findLeader } from "../../lab/machine/exec.ts";
import { addChange, type HolderChange } from "../measure/holding.ts";
import { nowMs } from "../time.ts";
import { type AddressWatch, watchAddress } from "./watchAddress.ts";

/**
 * Which nodes hold the virtual address. A node holds it while the address is on its interface and the node can answer:
 * not while it is dead, and not while it is paused with its cable off.
 */
export interface HolderWatch {
  readonly changes: readonly HolderChange[];
  holders(): readonly string[];
  /** The node is paused, or goes on, from now on. */
  paused(node: string, paused: boolean): void;
  /** The node has died now. Its next boot is noticed without a call. */
  died(node: string): void;
  stop(): void;
}

interface NodeState {
  /** PID 1 of the machine. */
  leader: number | undefined;
  /** PID 1 of its previous boot: a dying machine still shows it for a while. */
  deadLeader: number | undefined;
  watch: AddressWatch | undefined;
  /** The address is on its interface. */
  assigned: boolean;
  paused: boolean;
  holds: boolean;
}

/** How often to look for machines that boot or die. */
const lookMs = 25;

export function watchHolders(lab: string, nodes: readonly string[], address: string): HolderWatch {
  const changes: HolderChange[] = [];
  const states = new Map<string, NodeState>(
    nodes.map((node) => [
      node,
      {
        leader: undefined,
        deadLeader: undefined,
        watch: undefined,
        assigned: false,
        paused: false,
        holds: false,
      },
    ]),
  );

  const update = (node: string, change: Partial<NodeState>, atMs = nowMs()) => {
    const state = states.get(node);
    if (!state) throw new Error(`${node} is not a node of the pair`);
    Object.assign(state, change);
    const holds = state.assigned && !state.paused;
    if (holds !== state.holds) addChange(changes, { atMs, node, holds });
    state.holds = holds;
  };

  const attach = async (node: string, leader: number) => {
    update(node, { leader });
    const current = () => states.get(node)?.leader === leader;
    const report = (assigned: boolean, atMs: number) => {
      if (current()) update(node, { assigned }, atMs);
    };
    try {
      const watch = await watchAddress(leader, address, report);
      if (current()) update(node, { watch });
      else watch.stop();
    } catch {
      // It died meanwhile.
      if (current()) died(node);
    }
  };

  const died = (node: string) => {
    const { watch, leader } = states.get(node) ?? {};
    watch?.stop();
    update(node, { leader: undefined, deadLeader: leader, watch: undefined, assigned: false, paused: false });
  };

  const look = () => {
    for (const [node, { leader, deadLeader }] of states) {
      if (leader !== undefined && !existsSync(`/proc/${leader}`)) died(node);
      const born = leader === undefined ? findLeader(lab, node) : undefined;
      if (born !== undefined && born !== deadLeader) void attach(node, born);
    }
  };
  look();
  const looking = setInterval(look, lookMs);

  return {
    changes,
    holders: () => [...states].filter(([, { holds }]) => holds).map(([node]) => node),
    paused: (node, paused) => update(node, { paused }),
    died,
    stop: () => {
      clearInterval(looking);
      for (const node of states.keys()) died(node);
    },
  };
}
