import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type EgressPage, serverStates } from "../../../contract/egressPage.ts";
import type { RuntimeCall } from "../../haproxy/runtime.ts";
import type { EgressEvent, Held } from "../election/verdict.ts";
import type { Observation } from "../observation.ts";

/** What the loop counts; the gauges show the page at the moment at which they are read. */
export interface EgressMetrics {
  probed(group: string, observation: Observation): void;
  happened(group: string, event: EgressEvent): void;
  heldBack(group: string, held: Held): void;
  called(call: RuntimeCall): void;
}

export function openEgressMetrics(registry: Registry, page: () => EgressPage): EgressMetrics {
  const registers = [registry];
  openGauges(registry, page);
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name, help, labelNames, registers });

  const probes = counter("hapair_egress_probes_total", "Probes by outcome: online, or why not", [
    "group",
    "server",
    "outcome",
  ]);
  const switches = counter("hapair_egress_switches_total", "Changes of preference by reason", [
    "group",
    "why",
  ]);
  const flaps = counter("hapair_egress_flaps_total", "Failures before the last one was forgotten", [
    "group",
    "server",
  ]);
  const held = counter("hapair_egress_held_total", "Better servers that had to wait, by reason", [
    "group",
    "server",
    "why",
  ]);
  const runtime = new Histogram({
    name: "hapair_egress_runtime_seconds",
    help: "Time that haproxy took to answer a command",
    labelNames: ["command"],
    buckets: [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1],
    registers,
  });
  const errors = counter(
    "hapair_egress_runtime_errors_total",
    "Commands to haproxy that failed, by kind of error",
    ["error"],
  );

  return {
    probed: (group, { server, state, cause }) => probes.inc({ group, server, outcome: cause ?? state }),
    happened: (group, event) => {
      if (event.kind === "switch") switches.inc({ group, why: event.why });
      if (event.kind === "flap") flaps.inc({ group, server: event.server });
    },
    heldBack: (group, { server, why }) => held.inc({ group, server, why }),
    called: ({ command, seconds, error }) => {
      if (error === null) runtime.observe({ command }, seconds);
      else errors.inc({ error });
    },
  };
}

type Server = EgressPage["groups"][number]["servers"][number];

/** Reset at every reading, so that a server that left the config leaves no sample behind. */
function openGauges(registry: Registry, page: () => EgressPage): void {
  const ofServers = (
    name: string,
    help: string,
    labelNames: readonly string[],
    set: (gauge: Gauge, labels: { readonly group: string; readonly server: string }, server: Server) => void,
  ) =>
    new Gauge({
      name,
      help,
      labelNames: ["group", "server", ...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (const group of page().groups)
          for (const server of group.servers) set(this, { group: group.name, server: server.name }, server);
      },
    });

  ofServers(
    "hapair_egress_server_state",
    "1 for the state that the last probe found, 0 for the others",
    ["state"],
    (gauge, labels, server) => {
      for (const state of serverStates) gauge.set({ ...labels, state }, server.state === state ? 1 : 0);
    },
  );
  ofServers(
    "hapair_egress_latency_seconds",
    "Moving average of a request through the server; absent unless it answers",
    [],
    (gauge, labels, { latencyMs }) => {
      if (latencyMs !== null) gauge.set(labels, latencyMs / 1000);
    },
  );
  ofServers(
    "hapair_egress_preferred",
    "1 for the server that new connections get",
    [],
    (gauge, labels, { preferred }) => gauge.set(labels, preferred ? 1 : 0),
  );
  new Gauge({
    name: "hapair_egress_haproxy_up",
    help: "1 while haproxy answers",
    registers: [registry],
    collect() {
      this.set(page().haproxy.answers ? 1 : 0);
    },
  });
}
