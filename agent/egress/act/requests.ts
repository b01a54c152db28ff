import type { RuntimeClient } from "../../haproxy/runtime.ts";

/** The daemon's requests for what needs haproxy's administrator; each rejects with a RuntimeError. */
export interface Requests {
  /** Closes everything that is open on a server. */
  close(group: string, server: string): Promise<void>;
  /** Gives the unchecked twin of a server the state that an operator gave the server. */
  follow(group: string, server: string, state: "maint" | "ready"): Promise<void>;
}

/** Each request starts a program: one that has failed is not repeated sooner than this. */
const pauseMs = 5000;

/** Sends requests to the socket of `hapair action`. */
export function requestsTo(socket: RuntimeClient): Requests {
  const failed = new Map<string, { readonly atMs: number; readonly error: unknown }>();

  async function send(request: string): Promise<void> {
    const before = failed.get(request);
    if (before && performance.now() - before.atMs < pauseMs) throw before.error;
    try {
      await socket.do(request);
      failed.delete(request);
    } catch (error) {
      failed.set(request, { atMs: performance.now(), error });
      throw error;
    }
  }

  return {
    close: (group, server) => send(`close ${group} ${server}`),
    follow: (group, server, state) => send(`follow ${group} ${server} ${state}`),
  };
}
