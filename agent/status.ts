import { tryLock } from "../base/lock.ts";
import { type HostReport, NodeStatus, PoolStatus } from "../contract/hostStatus.ts";
import type { System } from "./host/system.ts";
import { unitStates } from "./host/systemctl.ts";
import type { StatusPart } from "./services/service.ts";
import { services } from "./services/services.ts";
import { findEdits } from "./store/edits.ts";
import { currentSha, type Layout, layoutOf } from "./store/layout.ts";
import { readHistory, unfinished } from "./store/records.ts";
import { stagedBundle } from "./store/stage.ts";

/** What this host is and does now. Reads only; what does not answer is reported as down. */
export async function readStatus(host: System): Promise<HostReport> {
  const layout = layoutOf(host.root);
  const sha = currentSha(layout);
  const live = sha ? stagedBundle(layout, sha, host.name) : undefined;
  const pending = await unfinishedNow(layout);
  const history = readHistory(layout);
  const config = live?.config;
  const parts = await Promise.all(
    services.map(
      async (service): Promise<StatusPart> => (config && (await service.status?.(host, config))) ?? {},
    ),
  );
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
    units: [...(await unitStates(host, live?.bundle.units.enabled ?? []))],
    node: config?.node ? NodeStatus.parse(Object.assign({}, ...parts.map((part) => part.node))) : null,
    pool: config?.pool ? PoolStatus.parse(Object.assign({}, ...parts.map((part) => part.pool))) : null,
  };
}

/** A record that is still there while this process holds the lock was left by a run that was killed. */
async function unfinishedNow(layout: Layout): Promise<HostReport["unfinished"]> {
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
