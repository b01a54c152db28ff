import { once } from "node:events";
import { connect } from "node:net";
import { messageOf } from "../../../base/failure.ts";
import { askExit, openTunnel } from "../../../drills/clients/throughProxy.ts";
import type { LabEgress } from "./labEgress.ts";

/** A client's connection through VIP:7891 to a site that answers with the proxy's address. */
export interface Tunnel {
  /** Sends a request on this connection. @returns the proxy's name; rejects where the connection has ended */
  ask(): Promise<string>;
  /** Resolves when the other side has closed the connection. */
  readonly closed: Promise<void>;
  leave(): void;
}

const answerMs = 3000;

export async function newTunnel({ way, servers }: LabEgress): Promise<Tunnel> {
  const socket = connect({ ...way.proxy, noDelay: true });
  const patience = setTimeout(() => socket.destroy(new Error("no tunnel in time")), answerMs);
  // `closed` reports the end; a broken connection may also emit an error first.
  socket.on("error", () => undefined);
  const closed = once(socket, "close").then(() => undefined);
  try {
    await openTunnel(socket, way);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(patience);
  }
  return {
    closed,
    leave: () => socket.destroy(),
    ask: async () => {
      const silence = setTimeout(() => socket.destroy(new Error("no answer in time")), answerMs);
      const exit = await askExit(socket, way).finally(() => clearTimeout(silence));
      return servers.find(({ address }) => address === exit)?.name ?? exit;
    },
  };
}

/** Name of the proxy that a new client's request goes through; the error's message where there is no answer. */
export async function exitOfNewClient(lab: LabEgress): Promise<string> {
  try {
    const tunnel = await newTunnel(lab);
    return await tunnel.ask().finally(() => tunnel.leave());
  } catch (error) {
    return messageOf(error);
  }
}
