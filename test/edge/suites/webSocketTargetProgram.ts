import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { largestMessage } from "./webSocketCases.ts";

/** `webSocketTargetProgram.ts ADDRESS PORT`: a target of routes, until its input ends. What it does with a WebSocket is in its path. */
const [address, port] = process.argv.slice(2);
const large = Buffer.alloc(8 * 2 ** 20, "large ");

const server = createServer((request, response) => {
  // An upload is answered when it is here.
  request.resume().on("end", () => response.end(request.url === "/large" ? large : "a page of the target\n"));
});
const sockets = new WebSocketServer({
  noServer: true,
  maxPayload: largestMessage,
  // Also for short messages.
  perMessageDeflate: { threshold: 0 },
  handleProtocols: (offered) => [...offered].at(-1) ?? false,
});

server.on("upgrade", (request, socket, head) => {
  const [, what, detail] = (request.url ?? "").split("?")[0]?.split("/") ?? [];
  if (what === "refuse") return void socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on("error", () => undefined);
    if (what === "close") webSocket.once("message", () => webSocket.close(Number(detail), "as asked"));
    else if (what === "drop") webSocket.once("message", () => webSocket.terminate());
    else if (what === "asked") webSocket.send(`${request.url} ${request.headers["x-case"]}`);
    else if (what === "ping") {
      webSocket.on("pong", (data) => webSocket.send(`pong ${data}`));
      webSocket.ping("are you there");
    } else echo(webSocket);
  });
});

function echo(webSocket: WebSocket): void {
  webSocket.on("message", (data, isBinary) => webSocket.send(data, { binary: isBinary }));
}

server.listen(Number(port), address, () => console.log("listens"));
process.stdin.resume().on("close", () => process.exit());
