import { Counter, Gauge, Registry } from "prom-client";

/** The daemon's own registry, with what its process costs. Not prom-client's global one: nothing else gets in. */
export function openRegistry(): Registry {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory of the agent",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  let countedS = 0;
  new Counter({
    name: "process_cpu_seconds_total",
    help: "Processor time of the agent",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      const usedS = (user + system) / 1_000_000;
      this.inc(usedS - countedS);
      countedS = usedS;
    },
  });
  return registry;
}
