import { once } from "node:events";
import { createServer } from "node:net";

/** A port of loopback on which nothing listens when this resolves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (!address || typeof address === "string") throw new Error("no port is free on 127.0.0.1");
  return address.port;
}
