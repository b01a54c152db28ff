import { createConnection } from "node:net";
import { messageOf } from "../../../../base/failure.ts";
import { waitFor } from "../../../../base/waitFor.ts";
import { announceIfSlow } from "../../../session/output.ts";
import { output } from "../tools/output.ts";
import { entriesIn, type Neighbour, verdictOn, wayIn } from "./neighbourTable.ts";

/** The kernel asks again 45 s after an answer at the latest, and then for 8 s. */
const deadlineMs = 60_000;
const knockMs = 1_500;
/** Of SSH: open on the stack's own machines. */
const port = 22;

/**
 * Asks the network who has some addresses. Changes nothing but this machine's neighbour table, and needs no root.
 * @param devices those that are on the network
 */
export async function askNeighbours(
  addresses: readonly string[],
  devices: readonly string[],
): Promise<Readonly<Record<string, Neighbour>>> {
  const asked = addresses.map(async (address) => [address, await askNeighbour(address, devices)] as const);
  return Object.fromEntries(
    await announceIfSlow("asking the network who has the addresses", Promise.all(asked)),
  );
}

async function askNeighbour(address: string, devices: readonly string[]): Promise<Neighbour> {
  try {
    const way = wayIn(await output("ip", ["-j", "-4", "route", "get", address]), devices);
    return way.state === "way" ? await answerFrom(address, way.device) : way;
  } catch (error) {
    return { state: "unknown", reason: messageOf(error) };
  }
}

/** A packet makes the kernel ask by ARP where it does not know the answer. One that it knows may be an old one. */
async function answerFrom(address: string, device: string): Promise<Neighbour> {
  const begunMs = performance.now();
  const found = await waitFor(deadlineMs, async (): Promise<Neighbour | undefined> => {
    const isHeard = await knockAt(address);
    const entries = entriesIn(await output("ip", ["-s", "-j", "-4", "neighbour", "show"]));
    return verdictOn({ address, device, isHeard }, entries, performance.now() - begunMs);
  });
  return found ?? { state: "unknown", reason: `nothing on ${device} says so` };
}

/**
 * Whether something there answers, be it by a refusal. "Host unreachable" tells nothing: the kernel says so where nobody
 * has answered its questions, and the firewall of a machine that is there does as well.
 */
function knockAt(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: knockMs });
    const end = (isHeard: boolean) => {
      socket.destroy();
      resolve(isHeard);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", (error) => end("code" in error && error.code === "ECONNREFUSED"));
  });
}
