import type { Pool } from "../topology/topology.ts";

/** A connection URL of the application's role. A password may hold anything: it is encoded, never refused. */
export function databaseUrl({ user, database }: Pool, password: string, authority: string): string {
  return `postgresql://${user}:${encodeURIComponent(password)}@${authority}/${database}`;
}
