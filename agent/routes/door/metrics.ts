import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export interface DoorMetrics {
  /** A request was answered. @param endpoint its name, or `none` */
  answered(endpoint: string, status: number, seconds: number): void;
}

/** @param listeners how many follow the events now */
export function openDoorMetrics(registry: Registry, listeners: () => number): DoorMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: "hapair_api_requests_total",
    help: "Requests of the API by endpoint and status",
    labelNames: ["endpoint", "status"],
    registers,
  });
  const seconds = new Histogram({
    name: "hapair_api_seconds",
    help: "Time from a request of the API to its answer",
    labelNames: ["endpoint"],
    buckets: [0.002, 0.005, 0.01, 0.015, 0.05, 0.25, 1, 5],
    registers,
  });
  new Gauge({
    name: "hapair_api_listeners",
    help: "Clients that follow the API's events",
    registers,
    collect() {
      this.set(listeners());
    },
  });
  return {
    answered: (endpoint, status, took) => {
      requests.inc({ endpoint, status });
      seconds.observe({ endpoint }, took);
    },
  };
}
