import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";

/** A target that a test makes fail, and its WebSockets. */
export interface FickleTarget {
  readonly name: string;
  readonly url: string;
  /** Whether `/health` answers 200, and everything else too; otherwise 500. */
  isFit: boolean;
  /** Whether everything but `/health` answers 500. */
  fails: boolean;
  /** `Host` of the last check. */
  checkedAs: string | undefined;
  /** Refuses connections from then on, and ends those that are open. */
  close(): void;
}

/** `/slow` takes half a second. @param tls key and certificate; absent: plain HTTP */
export async function fickleTarget(
  name: string,
  tls?: { readonly key: string; readonly cert: string },
): Promise<FickleTarget> {
  const sockets = new Set<Socket>();
  const answer: RequestListener = (request, response) => {
    const isCheck = request.url?.startsWith("/health") ?? false;
    if (isCheck) target.checkedAs = request.headers.host;
    response.statusCode = target.isFit && (isCheck || !target.fails) ? 200 : 500;
    setTimeout(() => response.end(name), request.url === "/slow" ? 500 : 0);
  };
  const server = tls === undefined ? createServer(answer) : createSecureServer(tls, answer);
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
    ...{ name, url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}` },
    ...{ isFit: true, fails: false, checkedAs: undefined },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return target;
}
