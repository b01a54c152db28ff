import { readFileSync } from "node:fs";
import { join } from "node:path";
import { certificatesIn } from "../../base/certificates.ts";
import { messageOf } from "../../base/failure.ts";
import type { StoredCertificate } from "../../contract/agentConfig.ts";

const dayMs = 86_400_000;

interface Kind {
  readonly what: string;
  /** Days before its end: time for a person to notice, and to do what `remedy` says. */
  readonly soonDays: number;
  readonly remedy: string;
  /** Of several certificates in the file, the one that counts. */
  readonly counts: "first to end" | "last to end";
}

const kinds: Readonly<Record<StoredCertificate["of"], Kind>> = {
  poolers: {
    what: "the poolers' certificate",
    soonDays: 30,
    remedy:
      "renew it: another pool.tls.serial for one that the stack has made, else the secrets certificates.PAIR",
    counts: "first to end",
  },
  postgres: {
    what: "PostgreSQL's certificate",
    soonDays: 30,
    remedy: "renew it: another pool.tls.serial",
    counts: "first to end",
  },
  edge: {
    what: "the edge's certificate",
    soonDays: 30,
    remedy:
      "renew it: another edge.tls.serial for one that the stack has made, else the secrets certificates.PAIR.edge, or in its folder on the nodes",
    counts: "first to end",
  },
  routes: {
    what: "the certificate of the routes' API",
    soonDays: 30,
    remedy: "renew it: another routes.serial",
    counts: "first to end",
  },
  authority: {
    what: "the authority of the pair's certificates",
    soonDays: 90,
    remedy: "replace it, on the application's machines too: docs/tls.md",
    counts: "last to end",
  },
  "external-authority": {
    what: "the authority of the database's certificate",
    soonDays: 90,
    remedy: "add the next one of the database to pool.database.external.ca",
    counts: "last to end",
  },
};

/** A sentence for each certificate of a host that ends soon, and for each whose end is unknown. */
export function endingCertificates(
  root: string,
  certificates: readonly StoredCertificate[],
  now: Date,
): { readonly warnings: readonly string[]; readonly problems: readonly string[] } {
  const warnings: string[] = [];
  const problems: string[] = [];
  for (const { file, of } of certificates) {
    const kind = kinds[of];
    try {
      const ending = endOf(readFileSync(join(root, file), "utf8"), kind);
      const leftDays = (ending.getTime() - now.getTime()) / dayMs;
      const day = ending.toISOString().slice(0, 10);
      const found = leftDays > 0 ? `ends on ${day}, in ${Math.floor(leftDays)} days` : `has ended on ${day}`;
      if (leftDays <= kind.soonDays) warnings.push(`${kind.what} (${file}) ${found}: ${kind.remedy}`);
    } catch (error) {
      problems.push(`when ${kind.what} ends is unknown: ${file}: ${messageOf(error)}`);
    }
  }
  return { warnings, problems };
}

/** Throws where the text has no certificate. */
function endOf(pem: string, { counts }: Kind): Date {
  // The hosts' Node 20 has it as text alone.
  const ends = certificatesIn(pem).map(({ validTo }) => Date.parse(validTo));
  if (ends.length === 0) throw new Error("it has no certificate");
  return new Date(counts === "first to end" ? Math.min(...ends) : Math.max(...ends));
}
