import type { LostTunnel } from "./tunnels.ts";

/** What clients with long connections have told, line by line. */
export interface TunnelLog {
  read(line: string): void;
  /** The exits of all that were opened, one each. */
  readonly exits: readonly string[];
  /** Those that ended by themselves. */
  readonly lost: readonly LostTunnel[];
  /** How many of the open ones have not answered a question asked at `sinceMs` or later: nobody knows of them yet. */
  unheard(sinceMs: number): number;
}

export function tunnelLog(): TunnelLog {
  const exits: string[] = [];
  const lost: LostTunnel[] = [];
  /** When the last question that was answered had been asked, by tunnel; ms on the monotonic clock. */
  const heard = new Map<string, number>();
  return {
    exits,
    lost,
    read: (line) => {
      const [word, tunnel = "", second = "", exit = "", cause = ""] = line.split(" ");
      if (word === "open") {
        exits.push(second);
        heard.set(tunnel, Number.NEGATIVE_INFINITY);
      }
      if (word === "answered") heard.set(tunnel, Number(second));
      if (word === "lost") {
        lost.push({ exit, cause, askedMs: Number(second) });
        heard.delete(tunnel);
      }
    },
    unheard: (sinceMs) => [...heard.values()].filter((askedMs) => askedMs < sinceMs).length,
  };
}
