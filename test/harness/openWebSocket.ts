import { once } from "node:events";
import type { Socket } from "node:net";

export interface OpenWebSocket {
  /** The target's name. */
  readonly target: string;
  /** When it was closed, on the monotonic clock, ms; undefined while it is open. */
  closedAtMs: number | undefined;
  /** Resolves to whether what is sent comes back. */
  echoes(): Promise<boolean>;
  end(): void;
}

/** Opens a WebSocket over a connection to the edge; rejects where it gets none. */
export async function openWebSocket(socket: Socket, host: string): Promise<OpenWebSocket> {
  socket.on("error", () => {});
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  const [head] = await once(socket, "data");
  const target = /^HTTP\/1\.1 101 [\s\S]*x-target: (\S+)/i.exec(String(head))?.[1];
  if (target === undefined) throw new Error(`no WebSocket of ${host}: ${String(head).split("\r\n", 1)}`);
  const opened: OpenWebSocket = {
    target,
    closedAtMs: undefined,
    echoes: async () => {
      if (opened.closedAtMs !== undefined) return false;
      socket.write("echo");
      const [back] = await Promise.race([once(socket, "data"), once(socket, "close").then(() => [""])]);
      return String(back) === "echo";
    },
    end: () => socket.destroy(),
  };
  socket.on("close", () => {
    opened.closedAtMs = performance.now();
  });
  return opened;
}
