import { existsSync } from "node:fs";
import { groupLives } from "../../../lab/group.ts";
import { findLeader } from "../../../lab/leader.ts";
import { up } from "../../../lab/up.ts";
import { waitUntil } from "../waitUntil.ts";

/** Starts a machine whose power was cut, once its last process has ended; one that runs is left alone. */
export async function powerOn(lab: string, name: string): Promise<void> {
  await waitUntil(() => (isDying(lab, name) ? `${name} has not ended yet` : undefined), 10_000);
  await up(lab, name);
}

/** A killed process is listed until its memory is freed, but its namespaces are gone at once. */
function isDying(lab: string, name: string): boolean {
  const leader = findLeader(lab, name);
  return groupLives(lab, name) && (leader === undefined || !existsSync(`/proc/${leader}/ns/net`));
}
