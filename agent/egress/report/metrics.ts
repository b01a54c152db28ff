import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { EgressPage } from "../../../contract/egressPage.ts";
import { serverStates } from "../../../contract/egressPage.ts";
import type { RuntimeCall } from "../../haproxy/runtime.ts";
import type { EgressEvent, Held } from "../election/verdict.ts";
import type { Observation } from "../observation.ts";

export interface Metrics {
  readonly contentType: string;
  /** Everything as Prometheus reads it; `page` is the state at this moment. */
  text(page: EgressPage): Promise<string>;
  probed(group: string, observation: Observation): void;
  happened(group: string, event: EgressEvent): void;
  heldBack(group: string, held: Held): void;
  called(call: RuntimeCall): void;
}

/** A registry of its own, so that nothing else's metrics get in. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const counter = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ name, help, labelNames, registers });

  const state = gauge(
    "hapair_egress_server_state",
    "1 for the state that the last probe found, 0 for the others",
    ["group", "server", "state"],
  );
  const latency = gauge(
    "hapair_egress_latency_seconds",
    "Moving average of a request through the server; absent unless it answers",
    ["group", "server"],
  );
  const preferred = gauge("hapair_egress_preferred", "1 for the server that new connections get", [
    "group",
    "server",
  ]);
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
    "Commands that haproxy did not answer well, by kind",
    ["error"],
  );
  const up = gauge("hapair_egress_haproxy_up", "1 while haproxy answers");
  const givenUp = gauge("hapair_egress_vip_given_up", "1 while this node gives the virtual address up");
  const memory = gauge("process_resident_memory_bytes", "Resident memory of the agent");
  const cpu = counter("process_cpu_seconds_total", "Processor time of the agent");
  let countedS = 0;

  function setFrom(page: EgressPage): void {
    for (const one of [state, latency, preferred]) one.reset();
    for (const group of page.groups) {
      for (const server of group.servers) {
        const labels = { group: group.name, server: server.name };
        for (const name of serverStates) state.set({ ...labels, state: name }, server.state === name ? 1 : 0);
        if (server.latencyMs !== null) latency.set(labels, server.latencyMs / 1000);
        preferred.set(labels, server.preferred ? 1 : 0);
      }
    }
    up.set(page.haproxy.answers ? 1 : 0);
    givenUp.set(page.vip.givenUp ? 1 : 0);
    memory.set(process.memoryUsage.rss());
    const { user, system } = process.cpuUsage();
    const usedS = (user + system) / 1_000_000;
    cpu.inc(usedS - countedS);
    countedS = usedS;
  }

  return {
    contentType: registry.contentType,
    text: (page) => {
      setFrom(page);
      return registry.metrics();
    },
    probed: (group, { server, state: found, cause }) =>
      probes.inc({ group, server, outcome: cause ?? found }),
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
