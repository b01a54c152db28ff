import { X509Certificate } from "node:crypto";

/** The certificates of a PEM text, in its order; none where it has none. Throws where one of them is broken. */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}
