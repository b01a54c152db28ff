/** A long connection that ended by itself. */
export interface LostTunnel {
  /** Address of the proxy that carried it. */
  readonly exit: string;
  /** One word; `silent`: nobody told the client that its connection is dead. */
  readonly cause: string;
  /** When the client asked for the last time, ms on the monotonic clock. */
  readonly askedMs: number;
}

/** Which connections end by the nature of the failure. */
export interface Doomed {
  /** Addresses of the proxies that carry them. */
  readonly exits: ReadonlySet<string>;
  /**
   * A node that is gone may have taken the questions asked before this moment, ms on the monotonic clock: a client that
   * knows its question arrived repeats nothing, and nobody is left who could tell it.
   */
  readonly untoldMs: number;
}

/** What became of a round's long connections. */
export interface TunnelResult {
  readonly opened: number;
  /** Ended with the proxy or the node that failed: nothing can save these. */
  readonly ended: number;
  /** Ended although what carried them works. */
  readonly lost: number;
}

/**
 * Tells losses that belong to the failure from those that do not.
 * @param nameOf a proxy's name by its address
 * @returns the counts, and a sentence for each way in which connections were lost that should not be
 */
export function judgeTunnels(
  opened: number,
  losses: readonly LostTunnel[],
  { exits, untoldMs }: Doomed,
  nameOf: (address: string) => string,
): { readonly tunnels: TunnelResult; readonly faults: readonly string[] } {
  const wrong = losses.filter(
    ({ exit, cause, askedMs }) => !exits.has(exit) || (cause === "silent" && askedMs >= untoldMs),
  );
  const sentences = new Map<string, number>();
  for (const { exit, cause } of wrong) {
    const sentence =
      cause === "silent"
        ? `through ${nameOf(exit)} were left without an answer`
        : `through ${nameOf(exit)}, which works, were lost (${cause})`;
    sentences.set(sentence, (sentences.get(sentence) ?? 0) + 1);
  }
  return {
    tunnels: { opened, ended: losses.length - wrong.length, lost: wrong.length },
    faults: [...sentences].map(([sentence, count]) => `${count} long connections ${sentence}`),
  };
}

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
