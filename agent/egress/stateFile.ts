import { existsSync, readFileSync, renameSync } from "node:fs";
import * as z from "zod";
import { messageOf } from "../../base/failure.ts";
import { PastSwitch } from "../../contract/egressPage.ts";
import { adoptVip, emptyVipMemory, type VipMemory } from "../address/decide.ts";
import { own, replaceFile } from "../store/durable.ts";

const version = 1;

const Group = z.object({
  /** For `adopt`, which judges it itself. */
  memory: z.unknown(),
  /** Newest first. */
  switches: z.array(PastSwitch),
});

/** What the loop remembers over a restart. */
const Remembered = z.object({
  version: z.literal(version),
  groups: z.record(z.string(), Group),
  /** For `adoptVip`, which judges it itself; older files do not have it. */
  vip: z.optional(z.unknown()),
});
export type RememberedGroups = z.infer<typeof Remembered>["groups"];

/**
 * What was remembered; nothing where there is no file. A file that is of a later version, or none of ours, is set
 * aside under another name, and `problem` says so.
 */
export function readState(path: string): {
  readonly groups: RememberedGroups;
  readonly vip: VipMemory;
  readonly problem: string | null;
} {
  const none = { groups: {}, vip: emptyVipMemory };
  try {
    if (!existsSync(path)) return { ...none, problem: null };
    const { groups, vip } = Remembered.parse(JSON.parse(readFileSync(path, "utf8")));
    return { groups, vip: adoptVip(vip), problem: null };
  } catch (error) {
    return { ...none, problem: setAside(path, error) };
  }
}

/** On disk when this returns; readers see the old one or the new one whole. Throws the file's error. */
export function writeState(
  path: string,
  { groups, vip }: { readonly groups: RememberedGroups; readonly vip: VipMemory },
): void {
  replaceFile(path, `${JSON.stringify({ version, groups, vip })}\n`, own(0o600));
}

function setAside(path: string, error: unknown): string {
  const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
  const why = `${path} is not what this version writes (${reason.replace(/\s+/g, " ").slice(0, 200)})`;
  try {
    renameSync(path, `${path}.unreadable`);
    return `${why}: it is kept as ${path}.unreadable, the measurements begin anew`;
  } catch (failure) {
    return `${why} and cannot be set aside (${messageOf(failure)}): the measurements begin anew`;
  }
}
