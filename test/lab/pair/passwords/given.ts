import { liveBundle } from "../../hosts/onHost.ts";
import type { LabPair } from "../labPair.ts";

/** The URLs of the application's role now: as the application server uses it, and by this host's forwarded port. */
export async function databaseUrls({ stack, pair }: LabPair) {
  const access = (await stack.outputs()).pairs[pair.name];
  return { inside: access?.databaseUrl ?? "", forwarded: access?.reach?.databaseUrl ?? "" };
}

export function passwordIn(url: string): string {
  return decodeURIComponent(new URL(url).password);
}

export function withPassword(url: string, password: string): string {
  const other = new URL(url);
  other.password = encodeURIComponent(password);
  return other.href;
}

/** Keys of a stack's config that give the pair these passwords. */
export function givenPasswords({ pair }: LabPair, database: string, probe: string) {
  return { secrets: "config", passwords: { [pair.name]: { database, probe, stats: "stats" } } };
}

/** SHA-256 of each machine's live bundle. */
export async function bundlesOn({ lab, machines }: LabPair): Promise<readonly string[]> {
  return Promise.all(machines.map(async (machine) => (await liveBundle(lab, machine)).sha));
}
