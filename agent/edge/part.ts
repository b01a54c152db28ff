import { existsSync } from "node:fs";
import { Gauge, type Registry } from "prom-client";
import type { EdgeConfig } from "../../contract/edgeConfig.ts";
import type { Part, PartContext } from "../daemon/part.ts";
import { type Repeated, repeat } from "../daemon/repeat.ts";
import { shownUntil } from "./shownUntil.ts";

const everyMs = 60_000;
const handshakeMs = 5000;

/** Tells when the certificate ends that this node's edge shows its clients: the daemon may not read the file. */
export function edgePart({ log, registry }: PartContext): Part<"edge"> {
  let config: EdgeConfig | undefined;
  let endS: number | undefined;
  let looking: Repeated | undefined;
  let isRegistered = false;

  return {
    name: "edge",
    section: "edge",
    pages: {},
    start: (own) => {
      config = own;
      if (!isRegistered) register(registry, () => ({ endS, refusedFile: config?.refusedFile }));
      isRegistered = true;
      const look = async () => {
        endS = await shownUntil(own.tls, handshakeMs);
      };
      looking = repeat(everyMs, look, (problem) => {
        if (problem !== null) endS = undefined;
        log.trouble("certificate of the edge", problem);
      });
    },
    stop: async () => {
      await looking?.stop();
      config = undefined;
      endS = undefined;
    },
    // A look has its own deadline, so that this part never hangs.
    turnedAtMs: () => performance.now(),
  };
}

interface Seen {
  readonly endS: number | undefined;
  readonly refusedFile: string | undefined;
}

function register(registry: Registry, seen: () => Seen): void {
  const registers = [registry];
  new Gauge({
    name: "hapair_edge_certificate_end_seconds",
    help: "When the certificate ends that this node's edge shows its clients, s since 1970; absent where it shows none",
    registers,
    collect() {
      const { endS } = seen();
      if (endS === undefined) this.remove();
      else this.set(endS);
    },
  });
  new Gauge({
    name: "hapair_edge_certificate_refused",
    help: "1 while the certificate in this node's folder is not taken over, and the edge goes on with its old one",
    registers,
    collect() {
      const { refusedFile } = seen();
      this.set(refusedFile !== undefined && existsSync(refusedFile) ? 1 : 0);
    },
  });
}
