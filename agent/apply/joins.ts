import { answeringMachine } from "../host/neighbours.ts";
import type { System } from "../host/system.ts";
import type { Plan } from "./plan.ts";

/** A holder on the same network answers within a few ms. The kernel asks again each second: one request may be lost. */
const answerMs = 2500;

/**
 * Whether this host is a node that is new to a pair that runs: it has no bundle, or one with another address of its own,
 * and another machine has the virtual address. It would get no adverts from a holder that does not know it yet, and take
 * the address as well. On EC2 every node has the address, and AWS delivers it to one of them.
 */
export async function joins(host: System, { from, known }: Plan): Promise<boolean> {
  const { node } = known.config ?? {};
  if (node === undefined || node.vrrpFile !== undefined) return false;
  // Bundles of older versions do not name it.
  const before = from?.config?.node?.address ?? node.address;
  if (from !== undefined && before === node.address) return false;
  return (await answeringMachine(host, node.virtualAddress, answerMs)) !== undefined;
}
