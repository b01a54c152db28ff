import { existsSync } from "node:fs";
import { findLeader } from "../../lab/machine/exec.ts";
import type { HolderChange } from "../measure/holding.ts";
import { nowMs } from "../time.ts";
import { type AddressWatch, watchAddress } from "./watchAddress.ts";

/**
 * Who holds the virtual address, on all nodes at once. A node holds it while the address is on its interface and the
 * node can answer anybody: not while it is dead, and not while it is paused with its cable off.
 */
export interface HolderWatch {
  readonly changes: readonly HolderChange[];
  holders(): readonly string[];
  /** The node is (not) able to answer from now on. */
  paused(node: string, paused: boolean): void;
  /** The node has died just now; a new life of it is noticed by itself. */
  died(node: string): void;
  stop(): void;
}

interface Seen {
  leader: number | undefined;
  /** The leader of its last life: a dying machine still shows it for a while. */
  dead: number | undefined;
  watch: AddressWatch | undefined;
  present: boolean;
  paused: boolean;
  holds: boolean;
}

/** How often a machine's life and death are looked for; its address is told by the kernel. */
const lifeMs = 25;

export function watchHolders(lab: string, nodes: readonly string[], address: string): HolderWatch {
  const changes: HolderChange[] = [];
  const seen = new Map<string, Seen>(
    nodes.map((node) => [
      node,
      { leader: undefined, dead: undefined, watch: undefined, present: false, paused: false, holds: false },
    ]),
  );

  const update = (node: string, change: Partial<Seen>, atMs = nowMs()) => {
    const state = seen.get(node);
    if (!state) throw new Error(`${node} is not a node of the pair`);
    Object.assign(state, change);
    const holds = state.present && !state.paused;
    if (holds !== state.holds) changes.push({ atMs, node, holds });
    state.holds = holds;
  };

  const attach = async (node: string, leader: number) => {
    update(node, { leader });
    const current = () => seen.get(node)?.leader === leader;
    const tell = (present: boolean, atMs: number) => {
      if (current()) update(node, { present }, atMs);
    };
    try {
      const watch = await watchAddress(leader, address, tell);
      if (current()) update(node, { watch });
      else watch.stop();
    } catch {
      // It died under our hands.
      if (current()) died(node);
    }
  };

  const died = (node: string) => {
    const { watch, leader } = seen.get(node) ?? {};
    watch?.stop();
    update(node, { leader: undefined, dead: leader, watch: undefined, present: false, paused: false });
  };

  const look = () => {
    for (const [node, { leader, dead }] of seen) {
      if (leader !== undefined && !existsSync(`/proc/${leader}`)) died(node);
      const born = leader === undefined ? findLeader(lab, node) : undefined;
      if (born !== undefined && born !== dead) void attach(node, born);
    }
  };
  look();
  const looking = setInterval(look, lifeMs);

  return {
    changes,
    holders: () => [...seen].filter(([, { holds }]) => holds).map(([node]) => node),
    paused: (node, paused) => update(node, { paused }),
    died,
    stop: () => {
      clearInterval(looking);
      for (const node of seen.keys()) died(node);
    },
  };
}
