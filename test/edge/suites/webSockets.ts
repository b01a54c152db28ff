import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import { startClient } from "../../../drills/clients/startClient.ts";
import type { Result, SuitesLab } from "./suitesLab.ts";
import { cases } from "./webSocketCases.ts";
import { Conversation, type WebSocketPlan } from "./webSocketPlan.ts";

/** Every conversation of `webSocketCases.ts`, without compression and with it: the edge changes nothing. */
export async function webSockets(
  { lab, host, address, port, ca }: SuitesLab,
  target: { readonly address: string; readonly port: number },
): Promise<Result> {
  const plan: WebSocketPlan = {
    ways: {
      direct: { url: `ws://${target.address}:${target.port}`, host },
      plain: { url: `ws://${address}:8080`, host },
      secure: { url: `wss://${address}:${port}`, host, ca },
    },
    deadlineMs: 5000,
  };
  const client = startClient(lab, join(import.meta.dirname, "webSocketProgram.ts"), JSON.stringify(plan));
  const told: Conversation[] = [];
  const lines = createInterface({ input: client.stdout });
  lines.on("line", (line) => told.push(Conversation.parse(JSON.parse(line))));
  await once(lines, "close");
  const heardBy = (way: string) => told.flatMap((one) => (one.way === way ? [{ ...one, way: "any" }] : []));
  const direct = heardBy("direct");
  expect(direct.length).toBe(2 * cases.length);
  // The conversations are what they are meant to be.
  expect(direct.filter(({ heard, ends }) => !heard.some((word) => word.startsWith(`end ${ends}`)))).toEqual(
    [],
  );
  expect(
    direct.filter(
      ({ compressed, heard, ends }) =>
        ends >= 1000 && compressed !== heard.join().includes("permessage-deflate"),
    ),
  ).toEqual([]);
  expect(heardBy("plain")).toEqual(direct);
  expect(heardBy("secure")).toEqual(direct);
  return {
    suite: "WebSocket by `ws` 8.23.0: fragments, pings, close codes, 1 MB, UTF-8, compression",
    result: `${cases.length} conversations, each as straight to the target, by \`ws\` and by \`wss\`, with and without compression`,
  };
}
