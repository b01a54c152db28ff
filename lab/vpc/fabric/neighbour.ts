import { execFile } from "node:child_process";

const everyMs = 200;
const withinMs = 60_000;

/**
 * Keeps the machine's hardware address for ever, once the kernel has learnt it: a router that asks for a lost machine
 * would tell clients that it is unreachable, where AWS's packets just go nowhere.
 */
export function learnNeighbour(port: string, address: string, keep: (command: string) => void): void {
  const untilMs = performance.now() + withinMs;
  const look = () =>
    execFile("ip", ["-4", "neighbour", "show", "to", address, "dev", port], (_, stdout) => {
      const hardware = /lladdr ([0-9a-f:]{17})/.exec(stdout ?? "")?.[1];
      if (hardware !== undefined)
        return keep(`neighbour replace ${address} lladdr ${hardware} dev ${port} nud permanent`);
      if (performance.now() < untilMs) setTimeout(look, everyMs);
    });
  look();
}
