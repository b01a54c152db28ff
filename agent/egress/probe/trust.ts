import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";

/** What is kept between probes, so that they stay cheap: certificates parsed once, TLS sessions to resume. */
export interface Trust {
  readonly context: SecureContext;
  /** The last session ticket by server and target; dropped when a request with it fails. */
  readonly sessions: Map<string, Buffer>;
}

/**
 * The certificate authorities that the host trusts (Debian builds its Node so) and, unless empty, one more, PEM.
 * Throws where that is no certificate.
 * One for the whole life of a config: parsing takes tens of milliseconds.
 */
export function trustOf(ca: string): Trust {
  const context = createSecureContext();
  // Added to the host's: naming them all anew as `ca` costs megabytes. A context would pass over what is no certificate
  // without a word.
  if (ca !== "") context.context.addCACert(new X509Certificate(ca).toString());
  return { context, sessions: new Map() };
}
