import { once } from "node:events";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { type Case, cases, Heard } from "./webSocketCases.ts";
import { type Conversation, WebSocketPlan } from "./webSocketPlan.ts";

/**
 * Has each conversation over each way, one after another. The first line of stdin is the plan. Prints a line for each,
 * and ends.
 */
const [line] = await once(createInterface({ input: process.stdin }), "line");
const plan = WebSocketPlan.parse(JSON.parse(String(line)));
for (const one of cases)
  for (const compressed of [false, true])
    for (const way of Object.keys(plan.ways)) {
      const { name, ends } = one;
      const told: Conversation = { name, way, compressed, ends, heard: await converse(one, way, compressed) };
      console.log(JSON.stringify(told));
    }
process.exit();

async function converse(
  { path = "/", protocols = [], options, talk }: Case,
  way: string,
  compressed: boolean,
) {
  const { url = "", host = "", ca } = plan.ways[way] ?? {};
  const socket = new WebSocket(`${url}${path}`, [...protocols], {
    ...options,
    ...(ca !== undefined && { ca, servername: host }),
    headers: { ...options?.headers, host },
    perMessageDeflate: compressed && { threshold: 0 },
  });
  const heard = new Heard(socket);
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const deadline = setTimeout(() => {
    heard.words.push("nothing within the deadline");
    socket.terminate();
  }, plan.deadlineMs);
  socket.on("error", () => undefined);
  socket.once("open", () => {
    void talk?.(socket, heard);
  });
  await ended;
  clearTimeout(deadline);
  const agreed = `protocol "${socket.protocol}", extensions "${socket.extensions}"`;
  return [agreed, ...heard.words];
}
