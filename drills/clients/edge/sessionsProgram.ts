import { randomBytes } from "node:crypto";
import { Agent, type RequestOptions, request } from "node:https";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { type EdgeSessionsLine, EdgeSessionsPlan } from "./sessionsPlan.ts";

/**
 * Clients of the edge in a process on the application server, until stdin ends: new connections one after the other, kept
 * connections with a request now and then, and open WebSockets. The first line of stdin is the plan. Prints a line for each
 * new connection that has been answered, and for everything that goes wrong.
 */
const lines = createInterface({ input: process.stdin });
const input = lines[Symbol.asyncIterator]();
const plan = EdgeSessionsPlan.parse(JSON.parse(String((await input.next()).value)));
void input.next().then(() => process.exit());

const { address, port, host, ca } = plan;
const tell = (line: EdgeSessionsLine) => console.log(JSON.stringify(line));
const problem = (kind: EdgeSessionsLine["kind"], outcome: string) =>
  tell({ kind, atMs: Date.now(), outcome });
const to: RequestOptions = { host: address, port, headers: { host }, servername: host, ca };

/** Resolves to the status of a request, with the serial number of the certificate. Rejects at the deadline. */
function ask(
  agent: Agent | false,
  localAddress?: string,
): Promise<{ readonly outcome: string; readonly serial: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(plan.deadlineMs);
    const asked = request({ ...to, agent, signal, ...(localAddress && { localAddress }) }, (response) => {
      const { serialNumber: serial } = (response.socket as TLSSocket).getPeerCertificate();
      response.resume().on("end", () => resolve({ outcome: String(response.statusCode), serial }));
      response.on("error", reject);
    });
    asked.on("error", reject).end();
  });
}

let opened = 0;

async function connectAnew(): Promise<void> {
  const atMs = Date.now();
  const { outcome, serial } = await ask(false, plan.sources[opened++ % plan.sources.length]).catch(
    (error) => ({
      outcome: String(error),
      serial: undefined,
    }),
  );
  tell({ kind: "new", atMs, outcome, ...(serial !== undefined && { serial }) });
}

/** One connection for all its requests. */
async function keep(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let first: TLSSocket | undefined;
  agent.on("free", (socket: TLSSocket) => {
    if (first !== undefined && socket !== first) problem("kept", "it was closed, and another one opened");
    first = socket;
  });
  const turn = async () => {
    const { outcome } = await ask(agent).catch((error) => ({ outcome: String(error) }));
    if (outcome !== "200") problem("kept", outcome);
  };
  await turn();
  void (async () => {
    for (;;) {
      await pause(plan.everyMs);
      await turn();
    }
  })();
}

/** A WebSocket (RFC 6455) whose target sends back whatever it gets. */
async function openWebSocket(): Promise<void> {
  const socket = connect({ host: address, port, servername: host, ca });
  let heard = Buffer.alloc(0);
  socket.on("data", (part: Buffer) => {
    heard = Buffer.concat([heard, part]);
  });
  socket.on("error", (error) => problem("websocket", error.message));
  socket.on("close", () => problem("websocket", "it was closed"));
  const wait = async (isThere: () => boolean, what: string) => {
    const endMs = Date.now() + plan.deadlineMs;
    while (!isThere() && Date.now() < endMs) await pause(10);
    if (!isThere()) problem("websocket", what);
  };
  const key = randomBytes(16).toString("base64");
  const head = ["GET / HTTP/1.1", `Host: ${host}`, "Connection: Upgrade", "Upgrade: websocket"];
  socket.write([...head, "Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${key}`, "", ""].join("\r\n"));
  await wait(() => heard.includes("\r\n\r\n"), "it does not open");
  if (!heard.toString("latin1").startsWith("HTTP/1.1 101"))
    problem("websocket", `it opens with ${heard.subarray(9, 12)}`);
  void (async () => {
    for (;;) {
      await pause(plan.everyMs);
      const sent = randomBytes(8);
      heard = Buffer.alloc(0);
      socket.write(sent);
      await wait(() => heard.equals(sent), "it does not answer");
    }
  })();
}

const many = (count: number, open: () => Promise<void>) => Promise.all(Array.from({ length: count }, open));
await many(plan.kept, keep);
await many(plan.webSockets, openWebSocket);
tell({ kind: "ready", atMs: Date.now(), outcome: "" });
let due = performance.now();
for (;;) {
  void connectAnew();
  // One that is late does not catch up: a burst would be another load.
  due = Math.max(due + plan.newEveryMs, performance.now());
  await pause(Math.max(0, due - performance.now()));
}
