import type { Host } from "./host.ts";

/** Whether anything accepts connections to a port on any of this host's addresses. */
export async function reachable(host: Host, port: number): Promise<boolean> {
  const all = await Promise.all(host.addresses().map((address) => host.listens(address, port)));
  return all.includes(true);
}
