import { connect, Server, type Socket } from "node:net";

/**
 * Runs inside the lab's network namespace. Listening sockets that were made outside arrive over IPC, each with its
 * target: connections that they accept are relayed to targets in here, all by this one process.
 */

function relay(client: Socket, target: string): void {
  const [host = "", port = ""] = target.split(":");
  const server = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true, timeout: 5_000 });
  server.once("connect", () => server.setTimeout(0));
  server.once("timeout", () => server.destroy());
  client.setNoDelay(true);
  // pipe() passes an end on and nothing else: a half-closed connection stays half open.
  client.pipe(server).pipe(client);
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    // A reset is passed on as a reset: a plain end would look like a complete answer.
    one.on("error", () => other.resetAndDestroy());
    one.on("close", () => one.readableEnded || other.destroy());
  }
}

process.on("message", (target, handle) => {
  if (typeof target !== "string" || !(handle instanceof Server)) return;
  Object.assign(handle, { allowHalfOpen: true });
  handle.on("connection", (client) => relay(client, target));
  process.send?.("listening");
});
