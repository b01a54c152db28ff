import { once } from "node:events";
import type { Socket } from "node:net";
import type { OfflineCause } from "../observation.ts";
import { codeOf, ProbeFailure } from "./failure.ts";

/** Resolves when the socket's TCP connection stands; rejects with an offline cause. */
export async function connected(socket: Socket): Promise<void> {
  try {
    await once(socket, "connect");
  } catch (error) {
    throw new ProbeFailure(causes[codeOf(error)] ?? "local-error");
  }
}

const causes: Readonly<Record<string, OfflineCause>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "refused",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETDOWN: "unreachable",
  ETIMEDOUT: "connect-timeout",
};
