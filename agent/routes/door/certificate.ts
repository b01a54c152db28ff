import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { messageOf } from "../../../base/failure.ts";
import type { Log } from "../../daemon/log.ts";

const lookEveryMs = 2000;

/** TLS 1.2 with forward secrecy and authenticated encryption only, and 1.3 (RFC 9325, 4.2). */
const versions = {
  minVersion: "TLSv1.2",
  ciphers: [
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
  ].join(":"),
} as const satisfies SecureContextOptions;

export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** What a TLS server needs of the files. Throws an Error that names the file where they do not fit together. */
function readCertificate({ certificateFile, keyFile }: CertificateFiles): SecureContextOptions {
  const [cert, key] = [readFileSync(certificateFile), readFileSync(keyFile)];
  const problem = misfit(cert, key);
  if (problem !== null)
    throw new Error(
      `${certificateFile} is no certificate for the key in ${keyFile} (${problem}): apply the host's bundle again`,
    );
  return { cert, key, ...versions };
}

/** Why a certificate cannot be used with a key, both PEM; null where it can. */
export function misfit(cert: string | Buffer, key: string | Buffer): string | null {
  try {
    new X509Certificate(cert);
    createSecureContext({ cert, key, ...versions });
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Calls `use` at once, and when the files have changed; one that cannot be used leaves the old one, and the log says so. New
 * connections get the new certificate, those that are open go on.
 */
export function followCertificate(
  files: CertificateFiles,
  use: (options: SecureContextOptions) => void,
  log: Log,
  everyMs = lookEveryMs,
): { stop(): void } {
  let seen: string | undefined;
  const look = (): void => {
    const stamp = stampOf(files);
    if (stamp === seen) return;
    try {
      use(readCertificate(files));
      log.trouble("certificate of the routes' API", null, "the new one is in use");
      if (seen !== undefined)
        log.say("notice", `${files.certificateFile} is in use`, { event: "certificate" });
      seen = stamp;
    } catch (error) {
      const until = seen === undefined ? "nobody is served over TLS" : "the old one stays in use";
      log.trouble("certificate of the routes' API", `${until}: ${messageOf(error)}`);
    }
  };
  look();
  const timer = setInterval(look, everyMs);
  return { stop: () => clearInterval(timer) };
}

/** Changes whenever one of the files does, or the link to one. */
function stampOf({ certificateFile, keyFile }: CertificateFiles): string {
  return [certificateFile, keyFile]
    .map((path) => {
      const stats = statSync(path, { throwIfNoEntry: false });
      return stats === undefined ? "missing" : [stats.ino, stats.size, stats.mtimeMs].join("/");
    })
    .join(" ");
}
