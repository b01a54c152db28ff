import type { BedPair } from "./pair.ts";

/** What would differ on a machine that something was delivered to. */
interface Fingerprint {
  /** Of the bundle that is live. */
  readonly sha256: string;
  /** Hash of the names, times and sizes of all files that a delivery writes. */
  readonly files: string;
  /** Units of the product with the moments of their last start. */
  readonly units: string;
}

export type Fingerprints = Readonly<Record<string, Fingerprint>>;

const units = ["haproxy", "keepalived", "hapair", "postgresql@17-main", "pgbouncer@6432", "ufw"];

const script = `
readlink /var/lib/hapair/current
find /etc /usr/local/sbin /var/lib/hapair -xdev \\( -type f -o -type l \\) -printf '%p %T@ %C@ %s\\n' | sort | sha256sum
for unit in ${units.join(" ")}; do
  echo "$unit $(systemctl show --property=ActiveState,ActiveEnterTimestampMonotonic --value "$unit" | tr '\\n' ' ')"
done`;

export async function fingerprints(
  { onMachine }: BedPair,
  machines: readonly string[],
): Promise<Fingerprints> {
  const entries: [string, Fingerprint][] = [];
  for (const machine of machines) {
    const [bundle = "", files = "", ...rest] = (await onMachine(machine, script)).split("\n");
    const sha256 = /[0-9a-f]{64}/.exec(bundle)?.[0] ?? bundle;
    entries.push([machine, { sha256, files, units: rest.join("\n") }]);
  }
  return Object.fromEntries(entries);
}
