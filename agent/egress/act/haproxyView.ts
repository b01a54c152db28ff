import type { RuntimeClient } from "../../haproxy/runtime.ts";
import { serverStateRows, statRows } from "../../haproxy/servers.ts";
import type { HaproxyServerState } from "../observation.ts";

export interface HaproxyView {
  /** The state of every server, by backend and then by server. */
  readonly states: ReadonlyMap<string, Readonly<Record<string, HaproxyServerState>>>;
  /** Whether an operator keeps new clients away from a server, by `backend/server`; empty where all are plainly up. */
  readonly closed: ReadonlyMap<string, boolean>;
}

const noneClosed: ReadonlyMap<string, boolean> = new Map();

/** Asks haproxy for the state of every server; rejects with a RuntimeError. */
export async function haproxyView(runtime: RuntimeClient): Promise<HaproxyView> {
  const states = new Map<string, Record<string, HaproxyServerState>>();
  for (const { backend, server, status } of statRows(await runtime.ask("show stat -1 4 -1"))) {
    states.set(backend, { ...states.get(backend), [server]: stateOf(status) });
  }
  const allUp = [...states.values()].every((servers) => Object.values(servers).every((one) => one === "up"));
  // A server that is up is not closed: the second question, twice a second, is only asked when one is not.
  const closed = allUp ? noneClosed : closedByOperator(await runtime.ask("show servers state"));
  return { states, closed };
}

/** From haproxy's status text, such as `UP 1/3`, `MAINT (via …)` or `no check`. */
export function stateOf(status: string): HaproxyServerState {
  if (/^(MAINT|DRAIN|NOLB)\b/.test(status)) return "maint";
  return /^(UP|no check)\b/.test(status) ? "up" : "down";
}

/** Whether each server is in an operator's maint or drain, by `backend/server`, out of `show servers state`. */
export function closedByOperator(answer: string): ReadonlyMap<string, boolean> {
  return new Map(
    serverStateRows(answer).map(({ backend, server, closedByOperator }) => [
      `${backend}/${server}`,
      closedByOperator,
    ]),
  );
}

/**
 * The changes after which a second backend of the same servers follows what an operator set in the first. A drained
 * server is put in maint there: `use-server` would still choose it, and without `on-marked-down` maint ends no session.
 */
export function toFollow(
  servers: readonly string[],
  [first, second]: readonly [string, string],
  closed: ReadonlyMap<string, boolean>,
): readonly { readonly server: string; readonly state: "maint" | "ready" }[] {
  return servers.flatMap((name) => {
    const wanted = closed.get(`${first}/${name}`);
    const found = closed.get(`${second}/${name}`);
    if (wanted === undefined || found === undefined || wanted === found) return [];
    return [{ server: name, state: wanted ? "maint" : "ready" }];
  });
}
