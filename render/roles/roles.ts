import type { Host } from "../../topology/hosts.ts";
import { everyHost } from "./everyHost.ts";
import { internet } from "./internet.ts";
import { node } from "./node.ts";
import { pool } from "./pool.ts";
import type { HostOf, Role, RoleName } from "./role.ts";

/** Every role by its name in the topology. */
const roles: { readonly [Name in RoleName]: Role<HostOf<Name>> } = { node, pool, internet };

export const roleOf = (host: Host): Role => roles[host.role];

/** Debian 13 packages of one host, sorted. */
export function packagesOf(host: Host): readonly string[] {
  const role = roleOf(host);
  return [...new Set([...everyHost.packages, ...(role.packagesOn?.(host) ?? role.packages)])].sort();
}

/** Debian 13 packages of all roles, sorted: one image serves every role. */
export const hostPackages: readonly string[] = [
  ...new Set([...everyHost.packages, ...Object.values(roles).flatMap(({ packages }) => packages)]),
].sort();
