import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A key and its certificate, PEM. */
export interface Signed {
  readonly key: string;
  readonly certificate: string;
}

/**
 * A certificate for ten years from now.
 * @param by the authority that signs it; its own key without one
 * @param names of a server, as openssl has them (`DNS:db.example.com`); an authority has none
 */
export function signed(subject: string, by?: Signed, names?: string): Signed {
  const folder = mkdtempSync(join(tmpdir(), "hapair-certificate-"));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    const signer = by ? ["-CA", file("ca.pem", by.certificate), "-CAkey", file("ca.key", by.key)] : [];
    const use = names
      ? ["-addext", `subjectAltName=${names}`, "-addext", "basicConstraints=critical,CA:FALSE"]
      : ["-addext", "basicConstraints=critical,CA:TRUE"];
    const [key, certificate] = [join(folder, "key"), join(folder, "certificate")];
    const made = ["-keyout", key, "-out", certificate, "-subj", `/CN=${subject}`, "-days", "3650"];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
    execFileSync("openssl", ["req", "-x509", ...kind, ...signer, ...use, ...made], { stdio: "ignore" });
    return { key: readFileSync(key, "utf8"), certificate: readFileSync(certificate, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
