import { join } from "node:path";
import { readIfThere } from "../../base/files.ts";

const folder = "proc/sys/net/netfilter";

/** A sentence where the kernel's table of connections is full: it drops the packets of every new one. */
export function fullConntrack(root: string): readonly string[] {
  const [count, most] = ["count", "max"].map((key) => readIfThere(join(root, folder, `nf_conntrack_${key}`)));
  // Without a firewall's rules the kernel has no such table.
  if (count === undefined || most === undefined || Number(count) < Number(most)) return [];
  return [
    `the kernel tracks ${count.trim()} of ${most.trim()} connections, and the packets of further ones are dropped: find who opens them (ss -s, ss -tn), or raise nf_conntrack_max`,
  ];
}
