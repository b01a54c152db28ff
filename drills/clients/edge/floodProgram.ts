import { Agent, request } from "node:https";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { PestPlan } from "../plans.ts";

/**
 * Clients that open more connections than one address may, and ask as fast as they can, in a process on the application
 * server, until stdin ends or the time is over. The first line of stdin is the plan. Prints at its end how many connections
 * were closed, and how many requests had each status, as one JSON object.
 */
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const plan = PestPlan.parse(JSON.parse(String((await lines.next()).value)));

/** At once, of each address to each port: more than the edge lets one address have. */
const connections = 300;
/** Those of one go; so many tries a second are made of what was closed. */
const batch = 50;
const pauseMs = 100;
/** Of each address. */
const askers = 20;

const counts: Record<string, number> = {};
const count = (name: string | number) => {
  counts[name] = (counts[name] ?? 0) + 1;
};

function finish(): void {
  process.stdout.write(JSON.stringify(counts), () => process.exit());
}
setTimeout(finish, plan.forMs).unref();
void lines.next().then(finish);

async function keepOpen(localAddress: string, port: number): Promise<never> {
  const sockets = new Set<Socket>();
  for (;;) {
    for (let one = Math.min(connections - sockets.size, batch); one > 0; one -= 1) {
      const socket = connect({ host: plan.address, port, localAddress });
      sockets.add(socket);
      socket.resume().on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        count("closed");
      });
    }
    await delay(pauseMs);
  }
}

async function ask(localAddress: string): Promise<never> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress, rejectUnauthorized: false });
  const { address, ports, host } = plan;
  const options = { agent, host: address, port: ports.https, servername: host, headers: { host } };
  for (;;) {
    const status = await new Promise<number | undefined>((resolve) => {
      const sent = request(options, (response) => {
        response.on("error", () => resolve(undefined)).on("end", () => resolve(response.statusCode));
        response.resume();
      });
      sent.on("error", () => resolve(undefined)).end();
    });
    count(status ?? "unanswered");
    if (status === undefined) await delay(pauseMs);
  }
}

for (const source of plan.sources) {
  for (let one = 0; one < askers; one += 1) void ask(source);
  for (const port of Object.values(plan.ports)) void keepOpen(source, port);
}
