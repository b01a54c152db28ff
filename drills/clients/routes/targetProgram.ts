import { createHash } from "node:crypto";
import { createServer } from "node:http";

/**
 * `targetProgram.ts ADDRESS PORT`: a target of routes, until its input ends. It tells what it was asked and where, and echoes
 * WebSockets. After a request for `/breaks` it fails every one, until one for `/recovers`.
 */
const [address, port] = process.argv.slice(2);
let isBroken = false;

const server = createServer((request, response) => {
  if (request.url === "/hangs") return;
  if (request.url === "/large") return void response.end(large);
  if (request.url === "/slow") return void setTimeout(() => response.end("slow"), 1500);
  if (request.url === "/breaks" || request.url === "/recovers") isBroken = request.url === "/breaks";
  const fails = isBroken || request.url === "/fails";
  response.writeHead(fails ? 500 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify({ url: request.url, headers: request.headers, address, port }));
});
server.on("upgrade", (request, socket) => {
  // RFC 6455, 1.3.
  const text = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash("sha1").update(text).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nX-Target: ${port}\r\n\r\n`,
  );
  socket.pipe(socket).on("error", () => socket.destroy());
});
/** More than the buffers between it and a client hold. */
const large = Buffer.alloc(16 * 1024 * 1024);
server.listen(Number(port), address, () => console.log("listens"));
process.stdin.resume().on("close", () => process.exit());
