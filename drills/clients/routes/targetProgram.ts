import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import * as z from "zod";

/**
 * A target of routes, in a process on the application server, until stdin ends. The first line of stdin is the plan. Prints
 * `listens` once it does. It tells what it was asked, and echoes WebSockets.
 */
const Plan = z.strictObject({ address: z.string(), port: z.int() });

/** More than the kernel's buffers between it and a client hold. */
const large = Buffer.alloc(16 * 1024 * 1024);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { address, port } = Plan.parse(JSON.parse(String((await lines.next()).value)));
void lines.next().then(() => process.exit());

const server = createServer((request, response) => {
  if (request.url === "/hangs") return;
  if (request.url === "/slow") return void setTimeout(() => response.end("slow"), 1500);
  if (request.url === "/large") return void response.end(large);
  response.writeHead(request.url === "/fails" ? 500 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify({ url: request.url, headers: request.headers }));
});
server.on("upgrade", (request, socket) => {
  // RFC 6455, 1.3.
  const text = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash("sha1").update(text).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.pipe(socket).on("error", () => socket.destroy());
});
server.listen(port, address, () => console.log("listens"));
