import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createInterface } from "node:readline";
import { type NodesAnswer, NodesBehaviour, NodesServicePlan } from "./nodesServicePlan.ts";

/**
 * A service that names nodes, until its input ends. The first line is the plan, each further one how it behaves from then on.
 * Prints `listens`, and then a line for each request.
 */
const lines = createInterface({ input: process.stdin });
const input = lines[Symbol.asyncIterator]();
const plan = NodesServicePlan.parse(JSON.parse(String((await input.next()).value)));
let behaviour: NodesBehaviour = { as: "list", nodes: [] };

function answer(response: ServerResponse, tag: string | undefined): void {
  switch (behaviour.as) {
    case "list": {
      const text = JSON.stringify(behaviour.nodes);
      const etag = `"${createHash("sha256").update(text).digest("hex").slice(0, 16)}"`;
      if (tag === etag) return void response.writeHead(304, { etag }).end();
      return void response.writeHead(200, { "content-type": "application/json", etag }).end(text);
    }
    case "text":
      return void response.end(behaviour.text);
    case "redirect":
      return void response.writeHead(302, { location: "/elsewhere" }).end();
    case "status":
      return void response.writeHead(behaviour.status).end();
    case "hang":
      return;
    case "large":
      return void sendLarge(response, behaviour.bytes);
  }
}

const part = Buffer.alloc(64 * 1024, 32);

async function sendLarge(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { "content-length": bytes });
  for (let left = bytes; left > 0 && !response.destroyed; left -= part.length)
    if (!response.write(part.subarray(0, left)))
      await new Promise<void>((resolve) => {
        response.once("drain", resolve).once("close", resolve);
      });
  response.end();
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const { bytesWritten: before, remoteAddress: from = "" } = socket;
  response.on("close", () => {
    const bytes = socket.bytesWritten - before - socket.writableLength;
    const line: NodesAnswer = { from, path: request.url ?? "", status: response.statusCode, bytes };
    console.log(JSON.stringify(line));
  });
  const isKnown = plan.apiKey === undefined || request.headers.authorization === `Bearer ${plan.apiKey}`;
  if (!isKnown) return void response.writeHead(401).end();
  answer(response, request.headers["if-none-match"]);
}

const { tls } = plan;
const server = tls ? createSecureServer({ key: tls.key, cert: tls.certificate }, serve) : createServer(serve);
server.listen(plan.port, plan.address, () => console.log("listens"));
for await (const line of { [Symbol.asyncIterator]: () => input })
  behaviour = NodesBehaviour.parse(JSON.parse(line));
process.exit();
