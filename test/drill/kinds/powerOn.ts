import { groupLives } from "../../../lab/group.ts";
import { up } from "../../../lab/up.ts";
import { waitUntil } from "../waitUntil.ts";

/** Starts a machine whose power was cut, once its last process has ended. */
export async function powerOn(lab: string, name: string): Promise<void> {
  await waitUntil(() => (groupLives(lab, name) ? `${name} has not ended yet` : undefined), 10_000);
  await up(lab, name);
}
