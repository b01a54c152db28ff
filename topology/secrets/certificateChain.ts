import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { lateness, nameOf } from "../../base/certificates.ts";

/** Follows certificates to the authority that clients trust, as OpenSSL does: to one that has signed itself. */

/** What is wrong with one of the secrets. */
export interface ChainProblem {
  readonly secret: "certificate" | "authority";
  /** What was found, and what to do. */
  readonly message: string;
}

/**
 * Why a client would not accept `shown`; undefined where it would.
 * @param shown the server's certificate, then those of intermediate authorities
 * @param trusted the authorities that clients trust; undefined for those that everybody trusts
 */
export function chainProblem(
  shown: readonly X509Certificate[],
  trusted: readonly X509Certificate[] | undefined,
  now: Date,
): ChainProblem | undefined {
  const [server, ...intermediates] = shown;
  const authorities = trusted ?? publicAuthorities();
  const seen = new Set<X509Certificate>();
  for (let at = server; at !== undefined; ) {
    const link = at;
    seen.add(link);
    const secret = shown.includes(link) ? "certificate" : "authority";
    const late = lateness([link], now);
    if (late !== undefined) return { secret, message: late };
    if (isIssuer(link, link))
      return authorities.some((one) => one.fingerprint256 === link.fingerprint256)
        ? undefined
        : strangerProblem(link, trusted !== undefined);
    at = [...authorities, ...intermediates].find((one) => !seen.has(one) && isIssuer(one, link));
    if (at === undefined) return { secret, message: gapMessage(link, trusted !== undefined) };
  }
  return undefined;
}

function isIssuer(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function gapMessage(link: X509Certificate, hasOwn: boolean): string {
  const issuer = nameOf(link.issuer);
  const authority = hasOwn
    ? "set the secret `authority` to it, if it is the one that clients trust"
    : "set pool.tls.certificate to given, if not everybody trusts it";
  return `${nameOf(link.subject)} is signed by ${issuer}, whose certificate is missing: append it here, or ${authority}`;
}

function strangerProblem(link: X509Certificate, hasOwn: boolean): ChainProblem {
  const name = nameOf(link.subject);
  return hasOwn
    ? {
        secret: "authority",
        message: `has not signed the certificate, whose chain ends with ${name}: set it to the certificate of ${name}`,
      }
    : {
        secret: "certificate",
        message: `its chain ends with ${name}, which not everybody trusts: set pool.tls.certificate to given, and the secret \`authority\` to the certificate of ${name}`,
      };
}

let known: readonly X509Certificate[] | undefined;

function publicAuthorities(): readonly X509Certificate[] {
  known ??= rootCertificates.map((pem) => new X509Certificate(pem));
  return known;
}
