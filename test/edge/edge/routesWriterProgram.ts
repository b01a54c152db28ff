import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { connect, RouteError } from "../../../client/index.ts";

/**
 * Clients that change routes one after another, in a process on the application server, until stdin ends. The first line
 * of stdin is the plan. Each change has a number, which the target sees as its host; a line for each that was
 * acknowledged, or was not.
 */
const Plan = z.strictObject({
  url: z.string(),
  ca: z.string(),
  token: z.string(),
  nodes: z.array(z.string()),
  target: z.string(),
  agent: z.string(),
  clients: z.int(),
  /** Routes of each client. */
  routes: z.int(),
  pauseMs: z.number(),
});

const lines = createInterface({ input: process.stdin });
const input = lines[Symbol.asyncIterator]();
const plan = Plan.parse(JSON.parse(String((await input.next()).value)));
let isOver = false;
void input.next().then(() => {
  isOver = true;
});

async function write(client: number): Promise<void> {
  const { url, ca, token, nodes, target, agent } = plan;
  const routes = connect({ url, ca, token, nodes });
  for (let number = 1; !isOver; number += 1) {
    const label = `w${client}-${number % plan.routes}`;
    const begunAt = performance.now();
    const told = await routes.addHttpRoute(agent, label, target, { hostHeader: `n${number}.test` }).then(
      ({ appliedOn }) => ({ appliedOn }),
      (error) => ({ failed: error instanceof RouteError ? error.code : String(error), words: String(error) }),
    );
    const tookMs = performance.now() - begunAt;
    console.log(JSON.stringify({ label, number, atMs: Date.now(), tookMs, ...told }));
    await pause(plan.pauseMs);
  }
}

await Promise.all(Array.from({ length: plan.clients }, (_, client) => write(client)));
process.exit();
