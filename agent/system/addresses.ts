import { networkInterfaces } from "node:os";

/** Addresses that are on this machine's interfaces now. */
export function addresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((one) => one.address));
}
