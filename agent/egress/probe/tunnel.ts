import { once } from "node:events";
import type { Socket } from "node:net";
import { SocksClient } from "socks";
import { type Cause, replyCauses } from "../observation.ts";
import type { Site } from "./answer.ts";
import { codeOf, ProbeFailure } from "./failure.ts";

/**
 * Speaks SOCKS5 on a connection to a proxy until the proxy says that the target is connected; a name goes to the
 * proxy unresolved. What the library keeps of a hostile answer is one read and at most 262 bytes.
 * Gives up after `limitMs`, which must not be shorter than the caller's deadline.
 */
export async function openTunnel(socket: Socket, target: Site, limitMs: number): Promise<void> {
  try {
    await SocksClient.createConnection({
      command: "connect",
      proxy: { host: socket.remoteAddress ?? "", port: socket.remotePort ?? 0, type: 5 },
      destination: { host: target.host, port: target.port },
      existing_socket: socket,
      timeout: limitMs,
    });
  } catch (error) {
    throw new ProbeFailure(error instanceof Error ? causeOf(error.message) : "not-socks");
  }
}

// The library tells its errors apart by their texts only.
function causeOf(text: string): Cause {
  const reply = /^Socks5 proxy rejected connection - (.*)$/.exec(text)?.[1];
  if (reply !== undefined) return replies.get(reply) ?? "proxy-refused";
  if (/authentication/i.test(text)) return "auth-required";
  return /Socket closed|ECONNRESET|EPIPE/.test(text) ? "closed-early" : "not-socks";
}

/** By the library's names of the reply codes 1 to 8. */
const replies = new Map<string, Cause>([
  // A good reply code behind a wrong version number.
  ["Granted", "not-socks"],
  ["Failure", replyCauses[0]],
  ["NotAllowed", replyCauses[1]],
  ["NetworkUnreachable", replyCauses[2]],
  ["HostUnreachable", replyCauses[3]],
  ["ConnectionRefused", replyCauses[4]],
  ["TTLExpired", replyCauses[5]],
  ["CommandNotSupported", replyCauses[6]],
  ["AddressNotSupported", replyCauses[7]],
]);

/** Resolves when the socket's TCP connection is established. */
export async function connected(socket: Socket): Promise<void> {
  try {
    await once(socket, "connect");
  } catch (error) {
    throw new ProbeFailure(causes[codeOf(error)] ?? "local-error");
  }
}

const causes: Readonly<Record<string, Cause>> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETDOWN: "unreachable",
  ETIMEDOUT: "connect-timeout",
  // The connection was established, or it would have been refused: the port is open.
  ECONNRESET: "closed-early",
};
