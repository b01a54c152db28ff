import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LoadPlan, LoadResult, wholeLoad } from "../../../bench/reload/connectionLoad.ts";

let server: Server;
let plan: LoadPlan;

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => socket.write("N"));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  plan = {
    host: "127.0.0.1",
    port: address.port,
    perSecond: 100,
    maxSeconds: 30,
    maxAttempts: 1000,
    deadlineMs: 5000,
  };
});

afterAll(() => server.close());

function start(bounds: Partial<LoadPlan>) {
  const program = join(import.meta.dirname, "../../../bench/reload/connectionLoadProgram.ts");
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.write(`${JSON.stringify({ ...plan, ...bounds })}\n`);
  return { child, output: text(child.stdout) };
}

describe("a load of connections", () => {
  test("that runs until it is asked to stop has a result", async () => {
    const { child, output } = start({});
    await once(server, "connection");
    child.stdin.end();
    const result = wholeLoad(await output);
    expect(result).toMatchObject({ failed: 0, reasons: {}, endedBy: "asked" });
    expect(result.attempted).toBeGreaterThan(0);
  });

  test.each([{ maxAttempts: 3 }, { maxSeconds: 0.1 }])(
    "that its own bounds end before is an error: %j",
    async (bounds) => {
      const output = await start(bounds).output;
      expect(LoadResult.parse(JSON.parse(output)).endedBy).toBe("bounds");
      expect(() => wholeLoad(output)).toThrow("the load ended before the measurement");
    },
  );
});
