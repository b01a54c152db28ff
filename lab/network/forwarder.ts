import { connect, Server, type Socket } from "node:net";

/**
 * Runs inside the lab's network namespace. Listening sockets made outside arrive over IPC, each with its
 * target: what is accepted on them is connected in here. One process, no process per connection.
 */

function relay(client: Socket, target: string): void {
  const [host = "", port = ""] = target.split(":");
  const server = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true, timeout: 5_000 });
  server.once("connect", () => server.setTimeout(0));
  server.once("timeout", () => server.destroy());
  client.setNoDelay(true);
  // pipe() ends the other side's writing at the end of reading: a half-closed connection stays half open.
  client.pipe(server).pipe(client);
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    // A reset on one side has to be a reset on the other: a plain end would look like a complete answer.
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
