import { Counter, Gauge, type Registry } from "prom-client";
import {
  type HaproxyState,
  haproxyStates,
  type LastRecovery,
  recoveryResults,
} from "../../contract/health.ts";

/** What is shown of HAProxy's health at the moment at which metrics are read. */
export interface HealthFigures {
  /** Null before the first look. */
  readonly state: HaproxyState | null;
  readonly failures: number;
  /** Of the Runtime API; null where it does not answer. */
  readonly responseMs: number | null;
  readonly hasGivenUp: boolean;
  /** By `backend/server`, as HAProxy has them; empty while it does not answer. */
  readonly servers: Readonly<Record<string, string>>;
}

export interface HealthMetrics {
  /** A restart was asked for, by the agent itself or by somebody. */
  recovered(result: LastRecovery["result"]): void;
}

/** @param figures undefined while HAProxy is not looked at */
export function openHealthMetrics(
  registry: Registry,
  figures: () => HealthFigures | undefined,
): HealthMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, of: (now: HealthFigures) => number | null) =>
    new Gauge({
      name: `hapair_haproxy_${name}`,
      help,
      registers,
      collect() {
        const now = figures();
        const value = now === undefined ? null : of(now);
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  new Gauge({
    name: "hapair_haproxy_state",
    help: "1 for the state of HAProxy that the last look found, 0 for the others",
    labelNames: ["state"],
    registers,
    collect() {
      const now = figures()?.state ?? null;
      for (const state of haproxyStates) this.set({ state }, state === now ? 1 : 0);
    },
  });
  gauge("failures", "Looks one after another that found HAProxy not healthy", ({ failures }) => failures);
  gauge("response_seconds", "Time of HAProxy's Runtime API to answer, absent while it does not", (now) =>
    now.responseMs === null ? null : now.responseMs / 1000,
  );
  gauge(
    "address_given_up",
    "1 while this node leaves the virtual address to the others because HAProxy hangs",
    (now) => (now.hasGivenUp ? 1 : 0),
  );
  new Gauge({
    name: "hapair_haproxy_server_up",
    help: "1 while HAProxy sends clients to the server, 0 while it is down or in maintenance",
    labelNames: ["server"],
    registers,
    collect() {
      this.reset();
      for (const [server, state] of Object.entries(figures()?.servers ?? {}))
        this.set({ server }, /^(?:UP|no check)/.test(state) ? 1 : 0);
    },
  });
  const recoveries = new Counter({
    name: "hapair_haproxy_recoveries_total",
    help: "Restarts of HAProxy that were asked for, by their result",
    labelNames: ["result"],
    registers,
  });
  for (const result of recoveryResults) recoveries.inc({ result }, 0);
  return { recovered: (result) => recoveries.inc({ result }) };
}
