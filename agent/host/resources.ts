import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isFileError, size, spaceOf } from "../../base/fileErrors.ts";
import type { HostReport } from "../../contract/hostStatus.ts";

export type Resource = HostReport["resources"][number];

interface Threshold {
  /** What is low, in a sentence. */
  readonly name: string;
  /** Low is less than this share of the total, … */
  readonly share: number;
  /** … on a small host less than this (but never more than a fifth of the total), … */
  readonly least: number;
  /** … and on a large one never more than this. */
  readonly most: number;
  readonly remedy: string;
}

/**
 * When a resource counts as low.
 *
 * - Disk: 200 MB take an apply (two copies of a bundle, 16 MB at most), PostgreSQL's next WAL segments (16 MB each) and
 *   hours of logs. 20 GB of a large data disk are days of warning.
 * - Inodes: an apply takes up to two thousand.
 * - Memory: an apply starts a Node process, a reload a second HAProxy worker; both fit into 100 MB.
 */
const thresholds: Readonly<Record<Resource["what"], Threshold>> = {
  disk: {
    name: "disk space",
    share: 0.05,
    least: 200e6,
    most: 20e9,
    remedy: "remove old logs and files, or enlarge it",
  },
  inodes: {
    name: "inodes",
    share: 0.05,
    least: 2000,
    most: 1e6,
    remedy: "remove folders with many small files",
  },
  memory: {
    name: "memory",
    share: 0.05,
    least: 100e6,
    most: 2e9,
    remedy: "see what uses it with ps aux --sort=-rss",
  },
};

export function isLow({ what, free, total }: Resource): boolean {
  const { share, least, most } = thresholds[what];
  return free < Math.min(Math.max(total * share, Math.min(least, total / 5)), most);
}

/** A sentence for each resource that is low. */
export function warningsOf(resources: readonly Resource[]): string[] {
  return resources.filter(isLow).map(({ what, where, free, total }) => {
    const { name, remedy } = thresholds[what];
    const amount = what === "inodes" ? String : size;
    return `low on ${name}${where ? ` at ${where}` : ""}, ${amount(free)} of ${amount(total)} left: ${remedy}`;
  });
}

/** Where an apply and the daemons write. */
const places = ["/", "/etc", "/run", "/tmp", "/var/log", "/var/lib/hapair", "/var/lib/postgresql"];

/** The first of the places on each file system that the host has. */
function fileSystems(root: string): readonly string[] {
  const found = new Map<number, string>();
  for (const place of places) {
    const stats = statSync(join(root, place), { throwIfNoEntry: false });
    if (stats && !found.has(stats.dev)) found.set(stats.dev, place);
  }
  return [...found.values()];
}

/** Free space and inodes of every file system that matters, and memory. Throws where the kernel does not say. */
export function readResources(root: string): Resource[] {
  const disks = fileSystems(root).flatMap((where): Resource[] => {
    const space = spaceOf(join(root, where));
    if (space === undefined) throw new Error(`${where}: its free space cannot be read`);
    const { bytes, inodes } = space;
    return [
      { what: "disk", where, ...bytes },
      ...(inodes ? [{ what: "inodes" as const, where, ...inodes }] : []),
    ];
  });
  return [...disks, { what: "memory", where: null, ...readMemory(root) }];
}

/** Bytes, out of `/proc/meminfo`; free counts what the page cache can give back. Throws where it does not say them. */
export function readMemory(root: string): { readonly free: number; readonly total: number } {
  const meminfo = readFileSync(join(root, "proc/meminfo"), "utf8");
  const of = (key: string): number =>
    1024 * Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(meminfo)?.[1]);
  const [free, total] = [of("MemAvailable"), of("MemTotal")];
  if (Number.isNaN(free) || Number.isNaN(total))
    throw new Error("/proc/meminfo does not say how much memory is available");
  return { free, total };
}

/** A sentence for each of these file systems that cannot be written to. */
export function readOnlyWarnings(root: string): string[] {
  return fileSystems(root)
    .filter((where) => isReadOnly(join(root, where)))
    .map((where) => `${where} is mounted read-only: see its reason in journalctl -k and mount it writable`);
}

/** Root may write everywhere else, so that access(2) fails for nothing but the mount. */
function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return isFileError(error) && error.code === "EROFS";
  }
}
