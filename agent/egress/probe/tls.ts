import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { Site } from "./answer.ts";
import { failureOf, ProbeFailure } from "./failure.ts";

export interface TlsOptions {
  readonly context: SecureContext;
  /** To resume, from `onSession` of this target: the name of a resumed session is not verified again. */
  readonly session: Buffer | undefined;
  /** Called with every ticket of a target whose certificate and name were verified. */
  onSession(session: Buffer): void;
}

/** TLS over a tunnel, the target's certificate and name verified. */
export async function secured(socket: Socket, target: Site, options: TlsOptions): Promise<TLSSocket> {
  const tls = connect({
    socket,
    host: target.host,
    secureContext: options.context,
    ...(target.serverName !== "" && { servername: target.serverName }),
    ...(options.session !== undefined && { session: options.session }),
  });
  tls.on("error", () => {});
  tls.on("session", options.onSession);
  // Bytes that came with the proxy's reply: a TLS server sends nothing before the client does.
  socket.once("data", () => tls.destroy(new Error("bytes before the handshake")));
  try {
    await once(tls, "secureConnect");
    return tls;
  } catch (error) {
    throw tls.authorizationError ? new ProbeFailure("certificate-untrusted") : failureOf(error, "tls-failed");
  }
}

/** What is kept between probes, so that they stay cheap: certificates parsed once, TLS sessions to resume. */
export interface Trust {
  readonly context: SecureContext;
  /** The last session ticket by server and target; dropped when a request with it fails. */
  readonly sessions: Map<string, Buffer>;
}

/**
 * The certificate authorities that the host trusts (Debian builds its Node so) and, unless empty, one more, PEM.
 * Throws where that is not a certificate.
 * One for the whole life of a config: parsing takes tens of milliseconds.
 */
export function trustOf(ca: string): Trust {
  const context = createSecureContext();
  // Added to the host's own: passing them all as `ca` costs megabytes. The context itself ignores an invalid one.
  if (ca !== "") context.context.addCACert(new X509Certificate(ca).toString());
  return { context, sessions: new Map() };
}
