import { tryLock } from "../base/lock.ts";
import { isHolder } from "./address/hold.ts";
import { type HaproxyStatus, haproxyStatus } from "./haproxy/status.ts";
import { reachable } from "./host/network.ts";
import type { System } from "./host/system.ts";
import { type UnitState, unitStates } from "./host/systemctl.ts";
import { answers } from "./services/postgresql.ts";
import { findEdits } from "./store/edits.ts";
import { currentSha, type Layout, layoutOf } from "./store/layout.ts";
import { type Kind, readHistory, unfinished } from "./store/records.ts";
import { stagedBundle } from "./store/stage.ts";

export interface HostStatus {
  readonly host: string;
  readonly bundle: {
    readonly live: string | null;
    readonly since: string | null;
    readonly previous: readonly string[];
  };
  /** A transaction that runs now, or that was killed: then the next one finishes it. */
  readonly unfinished: {
    readonly kind: Kind;
    readonly to: string;
    readonly startedAt: string;
    readonly running: boolean;
  } | null;
  readonly edited: readonly string[];
  readonly units: readonly UnitState[];
  readonly node: ({ readonly holder: boolean; readonly virtualAddress: string } & HaproxyStatus) | null;
  readonly pool: {
    readonly postgres: boolean;
    readonly poolers: readonly {
      readonly unit: string;
      readonly port: number;
      readonly reachable: boolean;
    }[];
  } | null;
}

/** What this host is and does now. Reads only; what does not answer is said to be down. */
export async function readStatus(host: System): Promise<HostStatus> {
  const layout = layoutOf(host.root);
  const sha = currentSha(layout);
  const live = sha ? stagedBundle(layout, sha, host.name) : undefined;
  const pending = await unfinishedNow(layout);
  const history = readHistory(layout);
  const { node, pool } = live?.config ?? {};
  const paths = new Set(pending ? [] : live?.bundle.files.map(({ path }) => path));
  return {
    host: host.name,
    bundle: {
      live: sha ?? null,
      since: history.findLast(({ bundle }) => bundle === sha)?.at ?? null,
      previous: history
        .filter(({ bundle }) => bundle !== sha)
        .map(({ bundle }) => bundle)
        .reverse(),
    },
    unfinished: pending,
    edited: live ? [...new Set(findEdits(layout, live, paths).map(({ path }) => path))] : [],
    units: await unitStates(host, live?.bundle.units.enabled ?? []),
    node: node
      ? {
          holder: isHolder(host, live?.config),
          virtualAddress: node.virtualAddress,
          ...(await haproxyStatus(host, node)),
        }
      : null,
    pool: pool
      ? {
          postgres: await answers(host),
          poolers: await Promise.all(
            pool.poolers.map(async ({ unit, port }) => ({
              unit,
              port,
              reachable: await reachable(host, port),
            })),
          ),
        }
      : null,
  };
}

/** A record that is still there while this process holds the lock was left by a run that was killed. */
async function unfinishedNow(layout: Layout): Promise<HostStatus["unfinished"]> {
  if (unfinished(layout) === undefined) return null;
  const unlock = await tryLock(layout.lock, { withinS: 0 });
  try {
    const pending = unfinished(layout);
    if (pending === undefined) return null;
    const { kind, to, startedAt } = pending;
    return { kind, to, startedAt, running: unlock === undefined };
  } finally {
    unlock?.();
  }
}
