import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";

/** A target that a test makes fail, and its WebSockets. */
export interface FickleTarget {
  readonly name: string;
  readonly url: string;
  /** Whether `/health` answers 200, and everything else too; otherwise 500. */
  isFit: boolean;
  /** Requests beside those for `/health`. */
  asked: number;
  /** `Host` of the last check. */
  checkedAs: string | undefined;
  /** Refuses connections from then on, and ends those that are open. */
  close(): void;
}

/** @param slowMs how long `/slow` takes */
export async function fickleTarget(name: string, slowMs = 500): Promise<FickleTarget> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/health")) target.checkedAs = request.headers.host;
    else target.asked += 1;
    response.statusCode = target.isFit ? 200 : 500;
    setTimeout(() => response.end(name), request.url === "/slow" ? slowMs : 0);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket) => {
    // RFC 6455, 1.3.
    const text = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(text).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nX-Target: ${name}\r\n\r\n`,
    );
    socket.pipe(socket).on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const target: FickleTarget = {
    ...{ name, url: `http://127.0.0.1:${port}`, isFit: true, asked: 0, checkedAs: undefined },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return target;
}
