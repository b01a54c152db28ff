import * as z from "zod";

/**
 * The wire form of one host's desired state: one JSON document, so that a cut-off copy never parses and
 * its sha256 names it everywhere (state, `hapair status`, the folder on the host).
 */

/** A bundle with more bytes is refused. A host keeps seven at most, each twice: as its own bytes and as files. */
export const maxBundleBytes = 8 * 1024 * 1024;
/** As above, for a disk's inodes. A real bundle has about 40 files. */
const maxFiles = 1000;

/** File systems allow 255 bytes; the host's program adds a suffix of 11 to the name of a file that it replaces. */
const maxName = 244;

/** A path below `/` without a leading slash, made of plain segments: it can leave no staging folder. */
const RelativePath = z
  .string()
  .max(1024)
  .regex(
    /^(?:[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*\/)*[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*$/,
    "expected a plain relative path",
  )
  .refine((path) => path.split("/").every((name) => name.length <= maxName), {
    error: `expected names of at most ${maxName} characters in the path`,
  });

/** A name of systemd.unit(5); systemctl would read one with a hyphen in front as an option. */
export const UnitName = z
  .string()
  .max(maxName)
  .regex(
    /^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\.(?:service|socket|timer|path|target|mount|automount|swap|slice|scope|device)$/,
    "expected the name of a systemd unit, such as haproxy.service",
  );

const BundleFile = z.strictObject({
  /** Where the file lives, relative to `/`: `etc/haproxy/haproxy.cfg`. */
  path: RelativePath,
  /** Octal permission bits, four digits: `0600` for whatever holds a secret. */
  mode: z.string().regex(/^0[0-7]{3}$/),
  owner: z.string().min(1),
  group: z.string().min(1),
  text: z.string(),
});
export type BundleFile = z.infer<typeof BundleFile>;

export const Bundle = z.strictObject({
  format: z.literal(1),
  /** Host name that this bundle is for; any other host refuses it. */
  host: z.string().min(1),
  units: z.strictObject({
    /** systemd units that run on this host, in start order. */
    enabled: z.array(UnitName),
    /** Units that the packages bring and this host must not run. */
    disabled: z.array(UnitName),
  }),
  files: z.array(BundleFile).min(1).max(maxFiles),
});
export type Bundle = z.infer<typeof Bundle>;

/** Where the program on a host keeps what it knows, relative to `/`. */
export const storePath = "var/lib/hapair";
/** In it: the symlink that makes a bundle the live one; it points to a folder that the bundle's SHA-256 names. */
export const liveLink = "current";
/** In it: the record of a transaction, as long as that has not ended. */
export const pendingName = "transaction.json";
/** The program itself, relative to `/`. */
export const programPath = "usr/local/sbin/hapair";

/** What the live path of a bundle's file points to; it names `current`, so that one swap moves every file. */
export function linkTarget(path: string): string {
  return `/${storePath}/${liveLink}/${path}`;
}

/** The unit file of an instance, such as `pgbouncer@.service`; of any other unit its own name. */
export function unitFileOf(unit: string): string {
  return unit.replace(/@.*\./, "@.");
}
