import { execFileSync } from "node:child_process";

/** Ends by itself soon after the drill. */
const days = "2";

/** A certificate that has signed itself, and its key. */
export interface OwnCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** @param name DNS name, also as `*.example.com` */
export function ownCertificate(name: string): OwnCertificate {
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", days];
  const names = ["-subj", "/CN=drill of hapair", "-addext", `subjectAltName=DNS:${name}`];
  // The key to stdout, and then the certificate.
  const text = execFileSync("openssl", ["req", "-x509", ...kind, ...names, "-keyout", "-"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const at = text.indexOf("-----BEGIN CERTIFICATE-----");
  return { key: text.slice(0, at), certificate: text.slice(at) };
}
