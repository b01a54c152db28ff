import { addressPart } from "./address/part.ts";
import type { Door, Part } from "./daemon/part.ts";
import { egressPart } from "./egress/part.ts";

/** The parts of the daemon, in the order in which they start. */
export function openParts(door: Door): readonly Part[] {
  const egress = egressPart(door, () => address.vip());
  const address = addressPart(door, egress);
  return [egress, address];
}
