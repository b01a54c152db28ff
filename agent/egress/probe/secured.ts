import { once } from "node:events";
import type { Socket } from "node:net";
import { connect, type SecureContext, type TLSSocket } from "node:tls";
import { failureOf, ProbeFailure } from "./failure.ts";
import type { Target } from "./target.ts";

export interface TlsOptions {
  readonly context: SecureContext;
  /** To resume; one that `onSession` was given for this target: a resumed session's name is not verified again. */
  readonly session: Buffer | undefined;
  /** Called with every ticket of a target whose certificate and name were verified. */
  onSession(session: Buffer): void;
}

/** TLS over a tunnel, the target's certificate and name verified. */
export async function secured(socket: Socket, target: Target, options: TlsOptions): Promise<TLSSocket> {
  const tls = connect({
    socket,
    host: target.host,
    secureContext: options.context,
    ...(target.serverName !== "" && { servername: target.serverName }),
    ...(options.session !== undefined && { session: options.session }),
  });
  tls.on("error", () => {});
  tls.on("session", options.onSession);
  // Bytes that came with the proxy's last word: no target speaks before it is spoken to.
  socket.once("data", () => tls.destroy(new Error("bytes before the handshake")));
  try {
    await once(tls, "secureConnect");
    return tls;
  } catch (error) {
    throw tls.authorizationError ? new ProbeFailure("certificate-untrusted") : failureOf(error, "tls-failed");
  }
}
