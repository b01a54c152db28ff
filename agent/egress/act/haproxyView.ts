import type { RuntimeClient } from "../../haproxy/runtimeClient.ts";
import { statRows } from "../../haproxy/stat.ts";
import type { HaproxyServerState } from "../observation.ts";

/** The state of every server, by backend and then by server. */
export type HaproxyView = ReadonlyMap<string, Readonly<Record<string, HaproxyServerState>>>;

/** Asks haproxy for the state of every server; rejects with a RuntimeError. */
export async function haproxyView(runtime: RuntimeClient): Promise<HaproxyView> {
  const backends = new Map<string, Record<string, HaproxyServerState>>();
  for (const { backend, server, status } of statRows(await runtime.ask("show stat -1 4 -1"))) {
    backends.set(backend, { ...backends.get(backend), [server]: stateOf(status) });
  }
  return backends;
}

/** From haproxy's word, such as `UP 1/3`, `MAINT (via …)` or `no check`. */
export function stateOf(status: string): HaproxyServerState {
  if (/^(MAINT|DRAIN|NOLB)\b/.test(status)) return "maint";
  return /^(UP|no check)\b/.test(status) ? "up" : "down";
}
