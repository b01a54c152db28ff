import { connect, type Socket } from "node:net";
import type { EgressServerConfig } from "../../../contract/egressConfig.ts";
import type { Site } from "./answer.ts";
import { type Answer, answerOf } from "./answer.ts";
import { ProbeFailure } from "./failure.ts";
import type { Trust } from "./tls.ts";
import { secured } from "./tls.ts";
import { connected, openTunnel } from "./tunnel.ts";

export interface AttemptOptions {
  readonly trust: Trust;
  /** Aborted with a ProbeFailure when time is up, or with any reason when the result is no longer needed. */
  readonly signal: AbortSignal;
  /** No shorter than what the signal leaves, ms. */
  readonly limitMs: number;
  /** Called when the TCP connection to the proxy is established. */
  onConnected(): void;
}

/**
 * One whole request through a proxy; resolves to its latency in ms, from the first packet to the proxy to the
 * target's answer. Rejects with a ProbeFailure, or with the signal's reason; leaves no socket in either case.
 */
export async function attempt(
  server: EgressServerConfig,
  target: Site,
  options: AttemptOptions,
): Promise<number> {
  options.signal.throwIfAborted();
  const startedMs = performance.now();
  const socket = connect({ host: server.address, port: server.port, noDelay: true });
  socket.on("error", () => {});
  try {
    const answer = await unlessAborted(options.signal, ask(socket, server.name, target, options));
    if (answer.status >= 500) throw new ProbeFailure("bad-response");
    if (server.warp && !/^warp=(on|plus)\r?$/m.test(answer.body)) throw new ProbeFailure("not-warp");
    return performance.now() - startedMs;
  } finally {
    socket.destroy();
  }
}

async function ask(
  socket: Socket,
  server: string,
  target: Site,
  { trust, limitMs, onConnected }: AttemptOptions,
): Promise<Answer> {
  await connected(socket);
  onConnected();
  await openTunnel(socket, target, limitMs);
  if (!target.secure) return answerOf(socket, target);
  const key = `${server} ${target.authority}`;
  let session = trust.sessions.get(key);
  // A session with which the request fails is not used again.
  trust.sessions.delete(key);
  const onSession = (ticket: Buffer): void => {
    session = ticket;
  };
  const tls = await secured(socket, target, { context: trust.context, session, onSession });
  const answer = await answerOf(tls, target);
  // A quick answer may come before the new ticket: then the old one is kept.
  if (session !== undefined) trust.sessions.set(key, session);
  return answer;
}

/** The work's own outcome, or the signal's reason if that comes first. */
function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
