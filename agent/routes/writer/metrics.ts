import { Counter, Gauge, type Registry } from "prom-client";
import type { Circuit } from "./circuit.ts";

export interface WriterMetrics {
  /** The circuit in front of changes opens. */
  opened(): void;
}

/** @param state of the circuit now */
export function openWriterMetrics(registry: Registry, state: () => Circuit["state"]): WriterMetrics {
  const registers = [registry];
  new Gauge({
    name: "hapair_routes_circuit",
    help: "1 for the state that the circuit in front of changes has",
    labelNames: ["state"],
    registers,
    collect() {
      const now = state();
      for (const one of ["CLOSED", "OPEN", "HALF_OPEN"]) this.set({ state: one }, one === now ? 1 : 0);
    },
  });
  const openings = new Counter({
    name: "hapair_routes_circuit_openings_total",
    help: "Times that the circuit in front of changes has opened",
    registers,
  });
  return { opened: () => openings.inc() };
}
