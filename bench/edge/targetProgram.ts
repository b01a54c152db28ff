import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { TargetPlan } from "./plans.ts";

/** A target of routes until stdin ends: it answers `ok`, and sends back whatever comes over a WebSocket. */
const input = createInterface({ input: process.stdin });
const { value } = await input[Symbol.asyncIterator]().next();
const { host, port } = TargetPlan.parse(JSON.parse(String(value)));

const server = createServer((_, response) => response.end("ok"));
server.keepAliveTimeout = 60_000;
server.on("upgrade", (request, socket) => {
  // RFC 6455, 1.3.
  const text = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash("sha1").update(text).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.pipe(socket).on("error", () => socket.destroy());
});
server.listen(port, host, () => console.log("listens"));
input.on("close", () => process.exit());
