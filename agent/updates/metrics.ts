import { Counter, Gauge, type Registry } from "prom-client";
import {
  type UpdateFailure,
  type UpdatesHealth,
  updateFailureNames,
  updateStates,
} from "../../contract/updates/state.ts";

export interface UpdatesMetrics {
  failed(reason: UpdateFailure): void;
  /** The service has answered. @param isUnchanged that its list is the one of before */
  fetched(isUnchanged: boolean): void;
  /** The route was changed. */
  written(): void;
}

/** @param shown undefined while no service names nodes */
export function openUpdatesMetrics(
  registry: Registry,
  shown: () => UpdatesHealth | undefined,
): UpdatesMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, of: (now: UpdatesHealth) => number | null) =>
    new Gauge({
      name: `hapair_updates_${name}`,
      help,
      registers,
      collect() {
        const now = shown();
        const value = now === undefined ? null : of(now);
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  new Gauge({
    name: "hapair_updates_state",
    help: "1 for the state of the updater of nodes, 0 for the others",
    labelNames: ["state"],
    registers,
    collect() {
      const now = shown();
      this.reset();
      for (const state of now === undefined ? [] : updateStates)
        this.set({ state }, state === now?.state ? 1 : 0);
    },
  });
  gauge("failing", "1 while the last round of the updater has failed", ({ problem }) =>
    problem === null ? 0 : 1,
  );
  gauge("refused", "1 while a list is refused until it is confirmed", ({ doubt }) =>
    doubt === null ? 0 : 1,
  );
  gauge("nodes", "Nodes of the last list that was well formed", ({ nodes }) => nodes);
  gauge(
    "unanswered",
    "Nodes of that list that are not in the route, as they accept no connection",
    ({ unanswered }) => unanswered,
  );
  gauge("last_success_seconds", "When the route was last what the service says, s since 1970", (now) =>
    now.lastSuccess === null ? null : Date.parse(now.lastSuccess) / 1000,
  );
  const failures = new Counter({
    name: "hapair_updates_failures_total",
    help: "Rounds of the updater that failed, by reason",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of updateFailureNames) failures.inc({ reason }, 0);
  const fetches = new Counter({
    name: "hapair_updates_fetches_total",
    help: "Lists that the service has sent, and answers that its list is unchanged",
    labelNames: ["result"],
    registers,
  });
  for (const result of ["list", "unchanged"]) fetches.inc({ result }, 0);
  const writes = new Counter({
    name: "hapair_updates_writes_total",
    help: "Changes of the route that this node has made by a list",
    registers,
  });
  return {
    failed: (reason) => failures.inc({ reason }),
    fetched: (isUnchanged) => fetches.inc({ result: isUnchanged ? "unchanged" : "list" }),
    written: () => writes.inc(),
  };
}
