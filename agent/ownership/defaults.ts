import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { readIfThere } from "../../base/files.ts";
import { lookAt } from "../store/found.ts";

/** MD5 of each configuration file as its package has it, by path relative to `/`. */
export type PackageFiles = ReadonlyMap<string, string>;

/** The field `Conffiles` of dpkg's status. */
export function packageFiles(root: string): PackageFiles {
  const status = readIfThere(join(root, "var/lib/dpkg/status")) ?? "";
  return new Map(
    [...status.matchAll(/^ \/(\S+) ([0-9a-f]{32})(?: obsolete)?$/gm)].map(([, path = "", md5 = ""]) => [
      path,
      md5,
    ]),
  );
}

/** Whether somebody has made or changed the file, or the link, at a path. */
export function isChanged(root: string, packages: PackageFiles, path: string): boolean {
  const found = lookAt(join(root, path));
  return found.kind === "link" || (found.kind === "file" && !isDefault(root, packages, path, found.content));
}

/** Whether a file is as its package, or what the package runs when it is installed, wrote it. */
export function isDefault(root: string, packages: PackageFiles, path: string, content: Buffer): boolean {
  if (packages.get(path) === createHash("md5").update(content).digest("hex")) return true;
  if (path.startsWith("etc/ufw/"))
    return readIfThere(join(root, "usr/share/ufw", basename(path))) === content.toString();
  if (/^etc\/postgresql\/\d+\/[^/]+\/pg_(?:hba|ident)\.conf$/.test(path)) {
    const rules = effective(content.toString());
    return rules.length === 0 || (path.endsWith("pg_hba.conf") && `${rules}` === `${clusterRules}`);
  }
  return false;
}

/** What pg_createcluster of Debian 13 writes to pg_hba.conf, besides comments. */
const clusterRules = [
  "local all postgres peer",
  "local all all peer",
  "host all all 127.0.0.1/32 scram-sha-256",
  "host all all ::1/128 scram-sha-256",
  "local replication all peer",
  "host replication all 127.0.0.1/32 scram-sha-256",
  "host replication all ::1/128 scram-sha-256",
];

function effective(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim().replace(/\s+/g, " "))
    .filter((line) => line !== "");
}
