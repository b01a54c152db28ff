import { X509Certificate } from "node:crypto";
import { isIPv4 } from "node:net";

/** What both who gives a server its certificate and the server's host look at. Node 20 has dates as text alone. */

/** The certificates of a PEM text, in its order; none where it has none. Throws where one of them is broken. */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** Which of these certificates is not valid now, and what to do; undefined where all are. */
export function lateness(shown: readonly X509Certificate[], now: Date): string | undefined {
  for (const { subject, validFrom, validTo } of shown) {
    if (Date.parse(validTo) <= now.getTime()) return `${nameOf(subject)} has expired on ${validTo}: renew it`;
    if (Date.parse(validFrom) > now.getTime())
      return `${nameOf(subject)} is not valid before ${validFrom}: wait, or correct this machine's clock`;
  }
  return undefined;
}

/** Those of the names and addresses that a certificate is not for; `*.example.com` is every name of one more label. */
export function missingNames(server: X509Certificate, names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    const found = isIPv4(name) ? server.checkIP(name) : server.checkHost(name.replace(/^\*\./, "any-name."));
    return found === undefined;
  });
}

/** A distinguished name on one line: Node.js has a line for each part. */
export function nameOf(distinguishedName: string): string {
  return distinguishedName.replaceAll("\n", ", ");
}
