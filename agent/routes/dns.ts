import { Resolver } from "node:dns/promises";

/** One question to one name server, and how often each is asked. */
const questionMs = 1000;
const tries = 2;

export interface Answer {
  readonly address: string;
  /** Seconds. */
  readonly ttl: number;
}

export interface Dns {
  /** The IPv4 addresses of a name; rejects where there are none. */
  resolve(name: string): Promise<readonly Answer[]>;
  /** Ends all questions: they reject. */
  cancel(): void;
}

/** Asks the host's name servers. Each question reads their configuration, which may change while the daemon runs. */
export function openDns(): Dns {
  const asking = new Set<Resolver>();
  return {
    resolve: async (name) => {
      const resolver = new Resolver({ timeout: questionMs, tries });
      asking.add(resolver);
      try {
        return await resolver.resolve4(name, { ttl: true });
      } finally {
        asking.delete(resolver);
      }
    },
    cancel: () => {
      for (const resolver of asking) resolver.cancel();
    },
  };
}
