import type { System } from "../agent/host/system.ts";
import { endingCertificates } from "../agent/limits/certificates.ts";
import { pgbouncer } from "../agent/services/pgbouncer.ts";
import { postgresql } from "../agent/services/postgresql.ts";
import type { StatusPart } from "../agent/services/service.ts";
import type { KnownBundle } from "../agent/store/readBundle.ts";
import { messageOf } from "../base/failure.ts";
import { tryLock } from "../base/lock.ts";
import { type HostReport, PoolStatus } from "../contract/hostStatus.ts";
import { laptopName } from "../contract/laptop.ts";
import { asHost } from "./docker/asHost.ts";
import { unitsIn } from "./docker/containers.ts";
import { askDocker } from "./docker/docker.ts";
import { dockerTrouble } from "./docker/trouble.ts";
import type { Place } from "./place.ts";
import { liveBundle, recordOf } from "./record.ts";

/** What the laptop's pool is and does now, as a host reports it. Reads only. */
export async function statusOf(place: Place): Promise<HostReport> {
  const { project, history } = recordOf(place);
  const live = liveBundle(place);
  const units = live?.bundle.units.enabled ?? [];
  const trouble = live && dockerTrouble(await askDocker());
  const host = asHost(place, project, units);
  const seen = live && trouble === undefined ? await look(host, project, live) : unseen(units, trouble);
  const certificates = endingCertificates(place.files, live?.config?.certificates ?? [], new Date());
  return {
    host: laptopName,
    bundle: {
      live: live?.sha ?? null,
      since: history.at(-1)?.at ?? null,
      previous: history
        .slice(0, -1)
        .map(({ bundle }) => bundle)
        .reverse(),
    },
    unfinished: await unfinishedNow(place),
    edited: [],
    node: null,
    resources: [],
    ...seen,
    warnings: [...certificates.warnings],
    problems: [...seen.problems, ...certificates.problems],
  };
}

type Seen = Pick<HostReport, "units" | "pool" | "full" | "problems">;

function unseen(units: readonly string[], trouble: string | undefined): Seen {
  return {
    units: units.map((unit) => ({ unit, active: "unknown", sub: "unknown", restarts: 0 })),
    pool: null,
    full: [],
    problems: trouble === undefined ? [] : [trouble],
  };
}

async function look(host: System, project: string, { bundle, config }: KnownBundle): Promise<Seen> {
  const problems: string[] = [];
  const known = async <Value>(asking: Promise<Value> | undefined, otherwise: Value): Promise<Value> => {
    try {
      return (await asking) ?? otherwise;
    } catch (error) {
      problems.push(messageOf(error).replace(/\s*\n\s*/g, " "));
      return otherwise;
    }
  };
  const units = await known(unitsIn(project, bundle.units.enabled), []);
  const parts = await Promise.all(
    [postgresql, pgbouncer].map((service) => known<StatusPart>(config && service.status?.(host, config), {})),
  );
  return {
    units: [...units],
    pool: PoolStatus.parse(Object.assign({}, ...parts.map(({ pool }) => pool))),
    full: parts.flatMap(({ full = [] }) => full),
    problems: [...problems, ...parts.flatMap((part) => part.problems ?? [])],
  };
}

/** A record that is still there while this process holds the lock was left by a run that was killed. */
async function unfinishedNow(place: Place): Promise<HostReport["unfinished"]> {
  if (recordOf(place).pending === null) return null;
  const unlock = await tryLock(place.lock, { withinS: 0 });
  try {
    const { pending } = recordOf(place);
    return pending && { kind: "apply", ...pending, running: unlock === undefined };
  } finally {
    unlock?.();
  }
}
