import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";

/**
 * Connections that say nothing, in a process on the application server. The first line of stdin is the plan. Each
 * connection that is closed is opened again, until stdin ends or the time is over. Prints `open` once all were open.
 */
const Plan = z.strictObject({
  host: z.string(),
  ports: z.array(z.int()),
  /** At once, to each port. */
  connections: z.int(),
  /** The flood ends by itself after this time. */
  forMs: z.number(),
});

/** Connections that are opened in one go; then the others of the machine get their turn. */
const batch = 100;
const pauseMs = 10;

const stdin = createInterface({ input: process.stdin });
const lines = stdin[Symbol.asyncIterator]();
const { host, ports, connections, forMs } = Plan.parse(JSON.parse(String((await lines.next()).value)));

setTimeout(() => process.exit(), forMs).unref();
void lines.next().then(() => process.exit());

const sockets = new Map<number, Set<Socket>>(ports.map((port) => [port, new Set()]));
let established = 0;

function open(port: number, among: Set<Socket>): void {
  const socket = connect({ host, port });
  among.add(socket);
  socket.on("connect", () => {
    established += 1;
    if (established === ports.length * connections) console.log("open");
  });
  socket.on("error", () => undefined);
  socket.on("close", () => among.delete(socket));
}

for (;;) {
  for (const [port, among] of sockets) {
    const missing = Math.min(connections - among.size, batch);
    for (let one = 0; one < missing; one += 1) open(port, among);
  }
  await delay(pauseMs);
}
