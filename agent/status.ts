import { fileFaultWords } from "../base/fileErrors.ts";
import { tryLock } from "../base/lock.ts";
import { type HostReport, NodeStatus, PoolStatus } from "../contract/hostStatus.ts";
import { readOnlyWarnings, readResources, warningsOf } from "./host/resources.ts";
import type { System } from "./host/system.ts";
import { unitStates } from "./host/systemctl.ts";
import { endingCertificates } from "./limits/certificates.ts";
import { fullConntrack } from "./limits/conntrack.ts";
import type { Service, StatusPart } from "./services/service.ts";
import { services } from "./services/services.ts";
import { findEdits } from "./store/edits.ts";
import { currentSha, type Layout, layoutOf } from "./store/layout.ts";
import type { KnownBundle } from "./store/readBundle.ts";
import { readHistory, unfinished } from "./store/records.ts";
import { liveBundle } from "./store/stage.ts";

/**
 * What this host is and does now. Reads only. A daemon that does not answer is reported as such; what cannot be found
 * out is left empty, with the reason among the problems.
 */
export async function readStatus(host: System): Promise<HostReport> {
  const layout = layoutOf(host.root);
  const problems: string[] = [];
  /** What `read` finds; `otherwise`, and a problem more, where it fails. */
  const known = async <Value>(read: () => Value | Promise<Value>, otherwise: Value): Promise<Value> => {
    try {
      return await read();
    } catch (error) {
      problems.push(fileFaultWords(error, layout.store).replace(/\s*\n\s*/g, " "));
      return otherwise;
    }
  };
  const sha = await known(() => currentSha(layout), undefined);
  const live = await known(() => liveBundle(layout, sha, host.name), undefined);
  const pending = await known(() => unfinishedNow(layout), null);
  const history = await known(() => readHistory(layout), []);
  const config = live?.config;
  const parts = await Promise.all(
    services.map((service) => known<StatusPart>(() => partOf(service, host, live), {})),
  );
  problems.push(...parts.flatMap((part) => part.problems ?? []));
  const certificates = endingCertificates(host.root, config?.certificates ?? [], host.now());
  problems.push(...certificates.problems);
  const paths = new Set(pending ? [] : live?.bundle.files.map(({ path }) => path));
  const resources = await known(() => readResources(host.root), []);
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
    edited: await known(
      () => (live ? [...new Set(findEdits(layout, live, paths).map(({ path }) => path))] : []),
      [],
    ),
    units: await known(async () => [...(await unitStates(host, live?.bundle.units.enabled ?? []))], []),
    node: await known(
      () => (config?.node ? NodeStatus.parse(Object.assign({}, ...parts.map((part) => part.node))) : null),
      null,
    ),
    pool: await known(
      () => (config?.pool ? PoolStatus.parse(Object.assign({}, ...parts.map((part) => part.pool))) : null),
      null,
    ),
    full: [...parts.flatMap((part) => part.full ?? []), ...(await known(() => fullConntrack(host.root), []))],
    resources,
    warnings: [
      ...warningsOf(resources),
      ...(await known(() => readOnlyWarnings(host.root), [])),
      ...certificates.warnings,
      ...parts.flatMap((part) => part.warnings ?? []),
    ],
    problems,
  };
}

async function partOf(service: Service, host: System, live: KnownBundle | undefined): Promise<StatusPart> {
  return (live?.config && (await service.status?.(host, live.config))) ?? {};
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
