import { join } from "node:path";
import { readIfThere } from "../../base/files.ts";

/** HAProxy does not start where it may not open two files for each of its connections, and some for itself. */
const filesOfConnection = 2;
const ownFiles = 200;
/** CAP_SYS_RESOURCE in a mask of capabilities (capabilities(7)). */
const sysResource = 1n << 24n;

/** Why a host that permits too few files cannot run a haproxy.cfg; undefined where it can, or does not say. */
export function filesComplaint(root: string, config: string): string | undefined {
  const connections = Number(/^global$[\s\S]*?^ +maxconn (\d+)$/m.exec(config)?.[1]);
  const permitted = permittedFiles(root);
  const needed = filesOfConnection * connections + ownFiles;
  if (permitted === undefined || !(needed > permitted)) return undefined;
  return `${connections} connections need ${needed} open files, and systemd of this host permits ${permitted}: lower haproxy.maxConnections, edge.maxConnections or an egress group's maxConnections of the pair, or raise the host's limit`;
}

/** As many files as systemd can permit a unit: its own hard limit, or with CAP_SYS_RESOURCE the kernel's. */
function permittedFiles(root: string): number | undefined {
  const read = (path: string) => readIfThere(join(root, "proc", path)) ?? "";
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(read("1/status"))?.[1];
  const mayRaise = capabilities !== undefined && (BigInt(`0x${capabilities}`) & sysResource) !== 0n;
  const [, limit] = mayRaise
    ? (/^(\d+)$/m.exec(read("sys/fs/nr_open")) ?? [])
    : (/^Max open files +\S+ +(\d+)/m.exec(read("1/limits")) ?? []);
  return limit === undefined ? undefined : Number(limit);
}
