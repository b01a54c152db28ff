import { once } from "node:events";
import type { Socket } from "node:net";
import { SocksClient } from "socks";
import * as z from "zod";

const Endpoint = z.strictObject({ host: z.string(), port: z.int() });

/** A SOCKS5 server, and an HTTP server behind it whose `/exit` answers with the address that the request came from. */
export const ProxyWay = z.strictObject({ proxy: Endpoint, target: Endpoint });
export type ProxyWay = z.infer<typeof ProxyWay>;

/** Opens a tunnel on a socket that is connecting. @throws Error, see `wordOf` */
export async function openTunnel(socket: Socket, { proxy, target }: ProxyWay): Promise<void> {
  await once(socket, "connect");
  await SocksClient.createConnection({
    proxy: { ...proxy, type: 5 },
    command: "connect",
    destination: target,
    existing_socket: socket,
  });
}

/** Sends a request on an open tunnel, which stays open. @returns the exit's address @throws Error, see `wordOf` */
export function askExit(socket: Socket, { target }: ProxyWay): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const settle = (outcome: () => void) => {
      socket.off("data", read).off("error", reject).off("close", closed);
      outcome();
    };
    const read = (bytes: Buffer) => {
      answer += bytes.toString("latin1");
      const exit = exitOf(answer);
      if (exit !== undefined) settle(() => resolve(exit));
    };
    const closed = () => settle(() => reject(new Error("closed")));
    socket.on("data", read).once("error", reject).once("close", closed);
    if (socket.destroyed) closed();
    socket.write(`GET /exit HTTP/1.1\r\nHost: ${target.host}\r\n\r\n`);
  });
}

/** The body of a complete answer (the status where it is not 200); undefined for an incomplete one. */
export function exitOf(answer: string): string | undefined {
  const [head = "", body] = answer.split("\r\n\r\n", 2);
  const [, length] = /^content-length: *(\d+)/im.exec(head) ?? [];
  if (body === undefined || length === undefined || body.length < Number(length)) return undefined;
  return head.startsWith("HTTP/1.1 200 ") ? body.trim() : head.slice(9, 12);
}

/** What went wrong, in one word: `ECONNRESET`, `closed`, or the proxy's answer as in `ConnectionRefused`. */
export function wordOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if ("code" in error) return String(error.code);
  if (error.message === "Socket closed") return "closed";
  return error.message.replace(/^.* - /, "").replaceAll(/\W+/g, "-");
}
