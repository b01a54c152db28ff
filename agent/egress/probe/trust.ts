import { X509Certificate } from "node:crypto";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";

/** What is kept between probes, so that they stay cheap: certificates parsed once, TLS sessions to resume. */
export interface Trust {
  readonly context: SecureContext;
  /** The last session ticket by server and target; dropped when a request with it fails. */
  readonly sessions: Map<string, Buffer>;
}

/**
 * The public certificate authorities and, unless empty, one more, PEM. Throws where that is no certificate.
 * One for the whole life of a config: parsing takes tens of milliseconds.
 */
export function trustOf(ca: string): Trust {
  // A secure context would pass over what is no certificate without a word.
  const options = ca === "" ? {} : { ca: [...rootCertificates, new X509Certificate(ca).toString()] };
  return { context: createSecureContext(options), sessions: new Map() };
}
