import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BundleFile } from "../../contract/bundle.ts";
import { badInput } from "../errors.ts";
import type { Access } from "./durable.ts";

/** Turns a file's owner, group and mode into numbers; refuses names that the host does not know. */
export function accessReader(root: string): (file: BundleFile) => Access {
  const users = accountIds(root, "passwd");
  const groups = accountIds(root, "group");
  return (file) => {
    const uid = users.get(file.owner);
    const gid = groups.get(file.group);
    if (uid === undefined) throw unknown(file, "user", file.owner);
    if (gid === undefined) throw unknown(file, "group", file.group);
    return { mode: Number.parseInt(file.mode, 8), uid, gid };
  };
}

function unknown(file: BundleFile, kind: string, name: string): Error {
  return badInput(
    `/${file.path} belongs to ${kind} "${name}", which this host lacks: install the package that brings it`,
  );
}

/** Names and numbers of an account file (passwd(5), group(5)). */
export function accountIds(root: string, file: "passwd" | "group"): ReadonlyMap<string, number> {
  const lines = readFileSync(join(root, "etc", file), "utf8").split("\n");
  return new Map(
    lines.flatMap((line) => {
      const [name, , id] = line.split(":");
      return name && id ? [[name, Number(id)] as const] : [];
    }),
  );
}
