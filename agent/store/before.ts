import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import { Failure } from "../../base/failure.ts";
import { exitStatuses } from "../errors.ts";
import type { System } from "../host/system.ts";
import { syncFolder } from "./durable.ts";
import { type Found, keepCopy, lookAt, putBack, statsOf } from "./found.ts";
import { isOurs, type Layout } from "./layout.ts";
import { readRecord, writeRecord } from "./records.ts";

/** What was at a path; the copy of a file or a link is below `before/files`. */
const Kept = z.enum(["absent", "copy"]);

const UnitBefore = z.strictObject({
  active: z.boolean(),
  /** What enables, masks or names it: each symbolic link's path, relative to `/`, and its text. */
  links: z.record(z.string(), z.string()),
});

/**
 * What the host had before bundles took it over. A later bundle that takes more adds to it; an entry is never
 * overwritten, and ends only when its file is restored.
 */
const Before = z.strictObject({
  files: z.record(z.string(), Kept).default({}),
  /** Whether each folder above those files, and above the links of units, existed. */
  folders: z.record(z.string(), z.boolean()).default({}),
  /** Whether each file or folder that systemd and the daemons make existed. */
  made: z.record(z.string(), z.boolean()).default({}),
  /** Whether each user and group of a bundle existed. */
  users: z.record(z.string(), z.boolean()).default({}),
  groups: z.record(z.string(), z.boolean()).default({}),
  /** Kernel settings by their path below `/proc/sys`; null where the kernel had no such setting. */
  kernel: z.record(z.string(), z.nullable(z.string())).default({}),
  units: z.record(z.string(), UnitBefore).default({}),
  /** Whether each socket or timer ran that starts such a unit and that no bundle has: `syslog.socket` starts with rsyslog. */
  triggers: z.record(z.string(), z.boolean()).default({}),
  /** Whether ufw's rules were loaded; absent where no bundle has had a firewall. */
  firewall: z.optional(z.boolean()),
  /** The policies of the built-in chains then, by `iptables` and `ip6tables`: chain → policy. */
  policies: z.optional(z.record(z.string(), z.record(z.string(), z.string()))),
  /**
   * A give-back that has not ended: whether files and the links of units are restored, and the units that it has started
   * on them. Another run does neither again. The next apply ends it.
   */
  givingBack: z.optional(z.strictObject({ restored: z.boolean(), started: z.array(z.string()) })),
});
export type Before = z.infer<typeof Before>;

export function readBefore(layout: Layout): Before {
  return readRecord(layout.before, Before) ?? Before.parse({});
}

/** What the next apply finds taken: files that a give-back has restored are the host's own again, and it does not go on. */
export function takenBefore({ givingBack, ...before }: Before): Before {
  return givingBack?.restored ? { ...before, files: {} } : before;
}

/** On disk when this returns. */
export function writeBefore(layout: Layout, before: Before): void {
  openFolder(layout);
  writeRecord(layout.before, before);
}

/** Adds what is at each path that has no entry yet. The copies are on disk when this returns; the record is not. */
export function keepFiles(host: System, layout: Layout, before: Before, paths: readonly string[]): Before {
  const missing = paths.filter((path) => before.files[path] === undefined);
  if (missing.length === 0) return before;
  openFolder(layout);
  const files = { ...before.files };
  for (const path of missing) {
    const copy = copyOf(layout, path);
    const found = lookAt(join(layout.root, path));
    // A program without this record kept copies alone: its links stand where a file or nothing was.
    if (isOurs(found, path)) {
      files[path] = lookAt(copy).kind === "nothing" ? "absent" : "copy";
    } else {
      rmSync(copy, { force: true });
      if (found.kind !== "nothing") keepCopy(found, copy);
      files[path] = found.kind === "nothing" ? "absent" : "copy";
    }
    host.reached(`kept ${path}`);
  }
  return { ...before, files };
}

/** Restores what was at each path and ends its entry. What a person has put in the place of a link stays. */
export function restoreFiles(host: System, layout: Layout, paths: readonly string[]): void {
  const before = readBefore(layout);
  for (const path of paths) {
    restoreFile(layout, before, path);
    host.reached(`dropped ${path}`);
  }
  const ended = paths.filter((path) => before.files[path] !== undefined);
  if (ended.length === 0) return;
  const files = Object.fromEntries(Object.entries(before.files).filter(([path]) => !ended.includes(path)));
  writeBefore(layout, { ...before, files });
  for (const path of ended) rmSync(copyOf(layout, path), { force: true });
}

/** Restores what was at a path. Can be repeated. */
export function restoreFile(layout: Layout, { files }: Pick<Before, "files">, path: string): void {
  const live = join(layout.root, path);
  // What a killed run left of a replacement.
  rmSync(`${live}.hapair-new`, { force: true, recursive: true });
  if (files[path] === "copy") {
    const problem = missingCopy(layout, { files }, path);
    if (problem !== undefined) throw new Failure(problem, exitStatuses.needsHuman);
    const copy = lookAt(copyOf(layout, path));
    if (copy.kind !== "nothing" && !same(copy, lookAt(live))) {
      mkdirSync(dirname(live), { recursive: true, mode: 0o755 });
      putBack(copy, live);
    }
  } else if (isOurs(lookAt(live), path)) {
    rmSync(live, { force: true });
    syncFolder(dirname(live));
  }
}

/** A sentence where a path's copy is gone and nobody has put a file there instead. */
export function missingCopy(
  layout: Layout,
  { files }: Pick<Before, "files">,
  path: string,
): string | undefined {
  const copy = copyOf(layout, path);
  if (files[path] !== "copy" || lookAt(copy).kind !== "nothing") return undefined;
  const found = lookAt(join(layout.root, path));
  if (found.kind !== "nothing" && !isOurs(found, path)) return undefined;
  return `${copy}, the copy of what was at /${path}, is gone: put a file of your own at /${path} and repeat`;
}

/** Bytes that restoring a path takes while its link is still there. */
export function missingRoom(layout: Layout, { files }: Before, path: string): number {
  const copy = lookAt(copyOf(layout, path));
  if (files[path] !== "copy" || copy.kind !== "file") return 0;
  return same(copy, lookAt(join(layout.root, path))) ? 0 : copy.content.length;
}

function same(one: Found, other: Found): boolean {
  if (one.kind === "link") return other.kind === "link" && one.target === other.target;
  if (one.kind !== "file" || other.kind !== "file") return false;
  const { mode, uid, gid } = one.access;
  const access = other.access;
  return (
    mode === access.mode && uid === access.uid && gid === access.gid && one.content.equals(other.content)
  );
}

function copyOf(layout: Layout, path: string): string {
  return join(dirname(layout.before), "files", path);
}

/** Makes the folder for root alone, around the copies that a program without this record kept in `original`. */
function openFolder(layout: Layout): void {
  const folder = dirname(layout.before);
  if (statsOf(folder) === undefined) {
    mkdirSync(folder, { mode: 0o700 });
    syncFolder(layout.store);
  }
  const originals = join(layout.store, "original");
  if (!existsSync(originals) || existsSync(join(folder, "files"))) return;
  renameSync(originals, join(folder, "files"));
  syncFolder(folder);
}
