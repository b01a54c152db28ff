import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { waitFor } from "../../../base/waitFor.ts";
import { startClient } from "../startClient.ts";
import { WebSocketsLine, type WebSocketsPlan } from "./webSocketsPlan.ts";

const readyMs = 60_000;

/** Many WebSockets through the edge. */
export interface WebSockets {
  /** What has happened until now. */
  readonly lines: readonly WebSocketsLine[];
  stop(): Promise<void>;
}

/** Resolves once all are open. Rejects where they are not in time. */
export async function startWebSockets(lab: string, plan: WebSocketsPlan): Promise<WebSockets> {
  const child = startClient(lab, join(import.meta.dirname, "webSocketsProgram.ts"), JSON.stringify(plan));
  const ended = once(child, "exit");
  const lines: WebSocketsLine[] = [];
  const reading = createInterface({ input: child.stdout });
  reading.on("line", (line) => lines.push(WebSocketsLine.parse(JSON.parse(line))));
  const allRead = once(reading, "close");
  const stop = async () => {
    child.stdin.end();
    await Promise.all([ended, allRead]);
  };
  if ((await waitFor(readyMs, () => lines.find(({ kind }) => kind === "ready"))) === undefined) {
    await stop();
    throw new Error(`the WebSockets are not open after ${readyMs / 1000} s: ${lines.length} lines`);
  }
  return { lines, stop };
}
