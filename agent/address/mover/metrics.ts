import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { AddressPage } from "../../../contract/addressPage.ts";

/** What the mover counts; the gauges show the page at the moment at which they are read. */
export interface MoverMetrics {
  /** AWS accepted a move to this node. */
  moved(): void;
  /** The address arrived, so long after this node was to have it. */
  arrived(seconds: number): void;
  /** A call of the API failed, with AWS's own code. */
  failed(code: string): void;
}

export function openMoverMetrics(registry: Registry, page: () => AddressPage): MoverMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, isSo: (now: AddressPage) => boolean) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(isSo(page()) ? 1 : 0);
      },
    });
  gauge(
    "hapair_address_owner",
    "1 while AWS delivers the virtual address to this node",
    ({ mine }) => mine === true,
  );
  gauge("hapair_address_master", "1 while keepalived is MASTER here", ({ vrrp }) => vrrp === "MASTER");
  gauge(
    "hapair_address_contested",
    "1 while a peer is MASTER as well and has the virtual address",
    ({ contested }) => contested,
  );
  const moves = new Counter({
    name: "hapair_address_moves_total",
    help: "Moves of the virtual address to this node that AWS accepted",
    registers,
  });
  const lengths = new Histogram({
    name: "hapair_address_move_seconds",
    help: "Time from the state MASTER, or from the end of what forbade a move, until AWS delivered the virtual address to this node",
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
    registers,
  });
  const failures = new Counter({
    name: "hapair_address_api_failures_total",
    help: "Calls of the EC2 API that failed, by its error code",
    labelNames: ["code"],
    registers,
  });
  return {
    moved: () => moves.inc(),
    arrived: (seconds) => lengths.observe(seconds),
    failed: (code) => failures.inc({ code }),
  };
}
