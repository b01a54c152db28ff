/** A long connection that ended although its client did not close it. */
export interface LostTunnel {
  /** Address of the proxy that carried it. */
  readonly exit: string;
  /** One word; `silent`: the client got neither an answer nor an error. */
  readonly cause: string;
  /** When the client sent its last request, ms on the monotonic clock. */
  readonly askedMs: number;
}

/** Which connections the failure itself ends. */
export interface ExpectedLosses {
  /** Addresses of the proxies that carry them. */
  readonly exits: ReadonlySet<string>;
  /**
   * Requests sent before this moment may have no answer, ms on the monotonic clock: the node is gone that had received
   * and acknowledged them, so the client's TCP does not send them again, and no host resets the connection.
   */
  readonly nodeGoneMs: number;
}

/** What happened to the long connections. */
export interface TunnelResult {
  readonly opened: number;
  /** Ended by the failure: their proxy or their node was gone. */
  readonly ended: number;
  /** Ended although the proxy that carried them works, or without an answer. */
  readonly lost: number;
}

/**
 * Separates the losses that belong to the failure from the others.
 * @param nameOf a proxy's name by its address
 * @returns the counts, and a sentence for each way in which connections were lost that should have survived
 */
export function judgeTunnels(
  opened: number,
  losses: readonly LostTunnel[],
  { exits, nodeGoneMs }: ExpectedLosses,
  nameOf: (address: string) => string,
): { readonly tunnels: TunnelResult; readonly faults: readonly string[] } {
  const unexpected = losses.filter(
    ({ exit, cause, askedMs }) => !exits.has(exit) || (cause === "silent" && askedMs >= nodeGoneMs),
  );
  const sentences = new Map<string, number>();
  for (const { exit, cause } of unexpected) {
    const sentence =
      cause === "silent"
        ? `through ${nameOf(exit)} were left without an answer`
        : `through ${nameOf(exit)}, which works, were lost (${cause})`;
    sentences.set(sentence, (sentences.get(sentence) ?? 0) + 1);
  }
  return {
    tunnels: { opened, ended: losses.length - unexpected.length, lost: unexpected.length },
    faults: [...sentences].map(([sentence, count]) => `${count} long connections ${sentence}`),
  };
}

export function addUpTunnels(results: readonly TunnelResult[]): TunnelResult {
  return results.reduce((sum, { opened, ended, lost }) => ({
    opened: sum.opened + opened,
    ended: sum.ended + ended,
    lost: sum.lost + lost,
  }));
}
