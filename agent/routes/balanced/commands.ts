import {
  balancedBackend,
  balancedBackends,
  balancedPrefix,
  checksMap,
} from "../../../contract/routes/balanced.ts";
import { readMap } from "../../haproxy/maps.ts";
import type { RuntimeClient } from "../../haproxy/runtime.ts";
import { type StatLines, statLines } from "../../haproxy/stats.ts";
import type { WantedBackend, WantedServer } from "./servers.ts";

/** A server of one of the backends, as the worker that serves has it. */
export interface RunningServer {
  readonly backend: string;
  readonly name: string;
  /** Gets no new requests: its target has gone, and what is open on it may end by itself. */
  readonly isLeaving: boolean;
  readonly weight: number;
  readonly limit: number;
  /** Whether HAProxy checks it now, which it does not while it is leaving. */
  readonly isChecked: boolean;
  /** What is open on it, and for how long it has had its status, s. */
  readonly sessions: number;
  readonly sinceS: number;
}

/** What a worker has of the routes with servers of their own. */
export interface Running {
  readonly servers: readonly RunningServer[];
  /** `path|host` of the checks by backend. */
  readonly checks: ReadonlyMap<string, string>;
}

/** Rejects with a RuntimeError. */
export async function readRunning(runtime: RuntimeClient): Promise<Running> {
  const servers = runningServers(statLines(await runtime.ask("show stat")));
  return { servers, checks: await readMap(runtime, checksMap) };
}

/** One step towards the servers that are wanted, of a `BACKEND/SERVER` or a backend: it needs those before it of the same. */
export type Step = { readonly of: string } & (
  | {
      /**
       * `tell`: the command answers nothing when it works. `delete`: HAProxy refuses it while a connection is open, and it is
       * tried again.
       */
      readonly do: "tell" | "add" | "delete";
      readonly command: string;
    }
  /** What is open on it was not over in time. */
  | { readonly do: "close"; readonly backend: string; readonly server: string }
);

function runningServers({ servers }: Pick<StatLines, "servers">): readonly RunningServer[] {
  return servers
    .filter(({ pxname }) => String(pxname).startsWith(balancedPrefix))
    .map((line) => ({
      backend: String(line.pxname),
      name: String(line.svname),
      isLeaving: String(line.status).startsWith("MAINT"),
      weight: Number(line.uweight ?? line.weight ?? 0),
      limit: Number(line.slim ?? 0),
      isChecked: line.check_status !== undefined,
      sessions: Number(line.scur ?? 0),
      sinceS: Number(line.lastchg ?? 0),
    }));
}

const unused: WantedBackend = { check: null, servers: new Map() };

/**
 * What makes the servers that run those that are wanted; empty where nothing is due. A server whose target goes is closed to
 * new requests at once, and removed when nothing is open on it, which is made so after `drainS`.
 */
export function stepsTo(
  wanted: ReadonlyMap<number, WantedBackend>,
  running: Running,
  drainS: number,
): readonly Step[] {
  const numbers = Array.from({ length: balancedBackends }, (_, index) => index + 1);
  return numbers.flatMap((number) => {
    const backend = balancedBackend(number);
    const present = new Map(
      running.servers.filter((server) => server.backend === backend).map((server) => [server.name, server]),
    );
    const { check, servers } = wanted.get(number) ?? unused;
    const isServed = [...present.values()].some(({ name, isLeaving }) => servers.has(name) && !isLeaving);
    return [
      ...checkSteps(backend, check, running.checks),
      ...[...servers.values()].flatMap((server) =>
        stepsFor(backend, server, present.get(server.name), isServed),
      ),
      ...[...present.values()].flatMap((server) =>
        servers.has(server.name) ? [] : stepsAway(server, drainS),
      ),
    ];
  });
}

function checkSteps(
  backend: string,
  check: WantedBackend["check"],
  checks: Running["checks"],
): readonly Step[] {
  if (check === null) return [];
  const asked = `${check.path}|${check.host}`;
  const present = checks.get(backend);
  if (present === asked) return [];
  return [tell(backend, `${present === undefined ? "add" : "set"} map ${checksMap} ${backend} ${asked}`)];
}

/** @param isServed whether others serve the route: then a target that joins them gets requests after its first good checks */
function stepsFor(
  backend: string,
  wanted: WantedServer,
  present: RunningServer | undefined,
  isServed: boolean,
): readonly Step[] {
  const { name, keywords, weight, limit, isChecked } = wanted;
  const place = `${backend}/${name}`;
  const checked = isChecked ? [tell(place, `enable health ${place}`)] : [];
  if (present === undefined) {
    const waits = isChecked && isServed;
    const settings = `weight ${waits ? 0 : weight}${limit > 0 ? ` maxconn ${limit}` : ""}`;
    return [
      { do: "add", of: place, command: `add server ${place} ${keywords} ${settings}` },
      ...checked,
      tell(place, `enable server ${place}`),
      // HAProxy takes a server as fit when it is enabled.
      ...(waits
        ? [
            tell(place, `set server ${place} health down`),
            tell(place, `set server ${place} weight ${weight}`),
          ]
        : []),
    ];
  }
  return [
    ...(present.weight === weight ? [] : [tell(place, `set server ${place} weight ${weight}`)]),
    ...(present.limit === limit ? [] : [tell(place, `set maxconn server ${place} ${limit}`)]),
    // It is not checked either where it was added and root was ended before the next step.
    ...(present.isChecked ? [] : checked),
    ...(present.isLeaving ? [tell(place, `enable server ${place}`)] : []),
  ];
}

function stepsAway(
  { backend, name, isLeaving, sessions, sinceS }: RunningServer,
  drainS: number,
): readonly Step[] {
  const place = `${backend}/${name}`;
  if (!isLeaving) return [tell(place, `disable server ${place}`)];
  if (sessions === 0) return [{ do: "delete", of: place, command: `del server ${place}` }];
  return sinceS >= drainS ? [{ do: "close", of: place, backend, server: name }] : [];
}

function tell(of: string, command: string): Step {
  return { do: "tell", of, command };
}
