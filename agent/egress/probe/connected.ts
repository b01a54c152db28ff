import { once } from "node:events";
import type { Socket } from "node:net";
import type { Cause } from "../observation.ts";
import { codeOf, ProbeFailure } from "./failure.ts";

/** Resolves when the socket's TCP connection stands. */
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
  // The connection stood already, or it would have been refused: the port is open.
  ECONNRESET: "closed-early",
};
