import { existsSync } from "node:fs";
import { Gauge, type Registry } from "prom-client";
import { readIfThere } from "../../base/files.ts";
import type { EdgeConfig } from "../../contract/edgeConfig.ts";
import type { RouteEvent } from "../../contract/routes/event.ts";
import type { Part, PartContext } from "../daemon/part.ts";
import { type Repeated, repeat } from "../daemon/repeat.ts";
import { shownUntil } from "./shownUntil.ts";

const everyMs = 60_000;
/** How soon it is told that the certificate in the node's folder is refused. */
const refusedMs = 2000;
const handshakeMs = 5000;

export interface EdgePart extends Part<"edge"> {
  /** Calls with each event; returns how to stop that. */
  subscribe(listener: (event: RouteEvent) => void): () => void;
}

/**
 * Tells when the certificate ends that this node's edge shows its clients, as the daemon may not read the file, and when root
 * does not take over that in the node's folder.
 */
export function edgePart({ log, registry }: PartContext): EdgePart {
  let config: EdgeConfig | undefined;
  let endS: number | undefined;
  /** Why the certificate in the node's folder is refused. */
  let refusal: string | null = null;
  let looking: readonly Repeated[] = [];
  const listeners = new Set<(event: RouteEvent) => void>();
  let isRegistered = false;

  function note(problem: string | null): void {
    const isNew = problem !== refusal;
    refusal = problem;
    log.trouble("certificate in this node's folder", problem, "is taken over");
    if (!isNew) return;
    const event = { type: "certificate", at: new Date().toISOString(), problem } as const;
    for (const listener of listeners) listener(event);
  }

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
      looking = [
        repeat(everyMs, look, (problem) => {
          if (problem !== null) endS = undefined;
          log.trouble("certificate of the edge", problem);
        }),
        repeat(
          refusedMs,
          async () => note(refusalIn(own)),
          () => {},
        ),
      ];
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: async () => {
      await Promise.all(looking.map((one) => one.stop()));
      config = undefined;
      endS = undefined;
    },
    // A look has its own deadline, so that this part never hangs.
    turnedAtMs: () => performance.now(),
  };
}

function refusalIn({ refusedFile }: EdgeConfig): string | null {
  const words = refusedFile === undefined ? undefined : readIfThere(refusedFile);
  return words?.trim() ?? null;
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
