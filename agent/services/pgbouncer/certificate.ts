import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const dayMs = 86_400_000;
/** Time for a person to notice and to renew it. */
const soonDays = 30;
const remedy =
  "renew it: another pool.tls.serial for one that the stack has made, else the secrets certificates.PAIR";

/**
 * A sentence where the certificate that the poolers show their clients ends soon: no client that checks it connects after
 * that. Throws where the file has none.
 * @param file absolute path on the host
 */
export function certificateWarnings(root: string, file: string, now: Date): readonly string[] {
  // The hosts' Node 20 has it as text alone.
  const { validTo } = new X509Certificate(readFileSync(join(root, file)));
  const end = new Date(validTo);
  const leftMs = end.getTime() - now.getTime();
  if (leftMs > soonDays * dayMs) return [];
  const when = end.toISOString().slice(0, 10);
  const found =
    leftMs > 0 ? `ends on ${when}, in ${Math.floor(leftMs / dayMs)} days` : `has ended on ${when}`;
  return [`the poolers' certificate ${found}: ${remedy}`];
}
