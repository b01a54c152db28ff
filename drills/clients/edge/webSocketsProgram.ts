import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { inTurns } from "../../../agent/routes/inTurns.ts";
import { nowMs } from "../../time.ts";
import { type WebSocketsLine, WebSocketsPlan } from "./webSocketsPlan.ts";

/**
 * Clients of the edge in a process on the application server, until stdin ends: WebSockets (RFC 6455) that stay open, whose
 * target sends back whatever it gets, and one new one after the other. The first line of stdin is the plan.
 */
const lines = createInterface({ input: process.stdin });
const input = lines[Symbol.asyncIterator]();
const plan = WebSocketsPlan.parse(JSON.parse(String((await input.next()).value)));
void input.next().then(() => process.exit());

const { address, port, host, ca, sources, deadlineMs } = plan;
const tell = (kind: WebSocketsLine["kind"], target: string, words = "", atMs = nowMs()) =>
  console.log(JSON.stringify({ kind, target, atMs, words } satisfies WebSocketsLine));

interface Open {
  readonly socket: TLSSocket;
  readonly target: string;
}

let opened = 0;

/** Rejects where it is not open in time. */
async function openWebSocket(): Promise<Open> {
  const localAddress = sources[opened++ % sources.length];
  const socket = connect({
    host: address,
    port,
    servername: host,
    ca,
    ...(localAddress && { localAddress }),
  });
  try {
    const signal = AbortSignal.timeout(deadlineMs);
    await once(socket, "secureConnect", { signal });
    const key = randomBytes(16).toString("base64");
    const head = ["GET / HTTP/1.1", `Host: ${host}`, "Connection: Upgrade", "Upgrade: websocket"];
    socket.write([...head, "Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${key}`, "", ""].join("\r\n"));
    const [answer] = await once(socket, "data", { signal });
    const target = /^HTTP\/1\.1 101 [\s\S]*x-target: (\S+)/i.exec(String(answer))?.[1];
    if (target === undefined) throw new Error(`it opens with ${String(answer).slice(9, 12)}`);
    return { socket, target };
  } catch (error) {
    socket.on("error", () => {}).destroy();
    throw error;
  }
}

async function hold(): Promise<void> {
  const found = await openWebSocket().catch((error) => tell("failed", "", String(error)));
  if (found === undefined) return;
  const { socket, target } = found;
  let isOver = false;
  const end = (kind: "closed" | "failed", words: string) => {
    if (!isOver) tell(kind, target, words);
    isOver = true;
  };
  socket.on("error", (error) => end("closed", error.message));
  socket.on("close", () => end("closed", "it was closed"));
  tell("held", target);
  void (async () => {
    await pause(Math.random() * plan.everyMs);
    while (!isOver) {
      const sent = randomBytes(8).toString("hex");
      socket.write(sent);
      const back = await Promise.race([
        once(socket, "data").then(
          ([data]) => String(data),
          () => undefined,
        ),
        pause(deadlineMs, "it does not answer"),
      ]);
      if (back !== undefined && back !== sent) end("failed", back.slice(0, 80));
      await pause(plan.everyMs);
    }
  })();
}

await inTurns(Array.from({ length: plan.count }), plan.atOnce, hold);
tell("ready", "");
for (;;) {
  const beganAtMs = nowMs();
  const found = await openWebSocket().catch((error) => tell("failed", "", String(error)));
  if (found !== undefined) {
    tell("new", found.target, "", beganAtMs);
    found.socket.on("error", () => {}).destroy();
  }
  await pause(plan.newEveryMs);
}
