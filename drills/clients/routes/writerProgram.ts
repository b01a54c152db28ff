import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { connect, RouteError } from "../../../client/index.ts";
import { nowMs } from "../../time.ts";

/**
 * Clients that change routes one after another, in a process on the application server, until stdin ends. The first line
 * of stdin is the plan. Each change has a number, which the target sees as its host; prints a line of JSON for each that
 * was acknowledged, or was not.
 */
const Plan = z.strictObject({
  url: z.string(),
  ca: z.string(),
  token: z.string(),
  /** The nodes' own URLs. */
  nodes: z.array(z.string()),
  target: z.string(),
  clients: z.int(),
  /** Routes of each client. */
  routes: z.int(),
  pauseMs: z.number(),
});

const agent = "drills";

const lines = createInterface({ input: process.stdin });
const input = lines[Symbol.asyncIterator]();
const plan = Plan.parse(JSON.parse(String((await input.next()).value)));
let isOver = false;
void input.next().then(() => {
  isOver = true;
});

async function write(client: number): Promise<void> {
  const { url, ca, token, nodes, target } = plan;
  const routes = connect({ url, ca, token, nodes });
  for (let number = 1; !isOver; number += 1) {
    const label = `w${client}-${number % plan.routes}`;
    const begunMs = nowMs();
    const told = await routes.addHttpRoute(agent, label, target, { hostHeader: `n${number}.test` }).then(
      ({ appliedOn }) => ({ appliedOn }),
      (error) => ({ failed: error instanceof RouteError ? error.code : "unknown", words: String(error) }),
    );
    const atMs = nowMs();
    console.log(JSON.stringify({ label, number, atMs, tookMs: atMs - begunMs, ...told }));
    await pause(plan.pauseMs);
  }
}

await Promise.all(Array.from({ length: plan.clients }, (_, client) => write(client)));
process.exit();
