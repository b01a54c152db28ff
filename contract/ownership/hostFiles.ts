import { createHash } from "node:crypto";
import { linkTarget } from "../bundle.ts";

/** What is at a path of a host, as far as it tells whose it is. */
export type HostFile =
  | {
      readonly kind: "file";
      readonly md5: string;
      /** MD5 of what its package generates it from; undefined where nothing of that kind is known. */
      readonly generated: string | undefined;
      /** MD5 of its rules as {@link effectiveRules} gives them, for the files of PostgreSQL that have rules. */
      readonly rules: string | undefined;
      readonly isExecutable: boolean;
    }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "other" };

/** Files of a host; paths are relative to `/`. */
export interface HostFiles {
  /** MD5 of each configuration file as its package has it: dpkg's field `Conffiles`. */
  readonly conffiles: ReadonlyMap<string, string>;
  /** Undefined where nothing is. Links are not followed. */
  at(path: string): HostFile | undefined;
  /** Paths in a folder. */
  in(folder: string): readonly string[];
}

/** Files of PostgreSQL whose comments and spaces do not count. */
const rulesFile = /^etc\/postgresql\/\d+\/[^/]+\/pg_(?:hba|ident)\.conf$/;

export const hasRules = (path: string): boolean => rulesFile.test(path);

/** Where ufw's package keeps the text of a file that it generates, relative to `/`; undefined for other files. */
export function generatedFrom(path: string): string | undefined {
  return path.startsWith("etc/ufw/") ? `usr/share/ufw/${path.slice(path.lastIndexOf("/") + 1)}` : undefined;
}

/** A line for each rule, without comments and with one space between words. */
export function effectiveRules(text: string): string {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim().replace(/\s+/g, " "))
    .filter((line) => line !== "")
    .map((line) => `${line}\n`)
    .join("");
}

/** What pg_createcluster of Debian 13 writes to pg_hba.conf, besides comments. */
const clusterRules = `local all postgres peer
local all all peer
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
local replication all peer
host replication all 127.0.0.1/32 scram-sha-256
host replication all ::1/128 scram-sha-256
`;

export const md5 = (content: string | Buffer): string => createHash("md5").update(content).digest("hex");

/** Whether somebody has made or changed the file, or the link, at a path. */
export function isChanged(files: HostFiles, path: string): boolean {
  const found = files.at(path);
  if (found?.kind === "link") return true;
  if (found?.kind !== "file") return false;
  const isDefault =
    found.md5 === files.conffiles.get(path) ||
    found.md5 === found.generated ||
    found.rules === md5("") ||
    (path.endsWith("pg_hba.conf") && found.rules === md5(clusterRules));
  return !isDefault;
}

/** Whether a path has hapair's own link. */
export function isOwnLink(files: HostFiles, path: string): boolean {
  const found = files.at(path);
  return found?.kind === "link" && found.target === linkTarget(path);
}
