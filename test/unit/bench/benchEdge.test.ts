import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answersOf } from "../../../bench/edge/load.ts";
import { RoundTrips, type RoundTripsPlan } from "../../../bench/edge/plans.ts";
import { quantile } from "../../../bench/figure.ts";
import { freePort } from "../../harness/freePort.ts";

let target: ChildProcessByStdio<Writable, Readable, null>;
let plan: RoundTripsPlan;

function start(program: string, input: object) {
  const path = join(import.meta.dirname, "../../../bench/edge", program);
  const child = spawn(process.execPath, [path], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.write(`${JSON.stringify(input)}\n`);
  return child;
}

beforeAll(async () => {
  plan = { of: "request", host: "127.0.0.1", port: await freePort(), name: "a.test", count: 20 };
  target = start("targetProgram.ts", { host: plan.host, port: plan.port });
  await once(target.stdout, "data");
});

afterAll(async () => {
  const exit = once(target, "exit");
  target.stdin.end();
  await exit;
});

describe("round trips to the bench's target", () => {
  test.each(["request", "message"] as const)("have a median, each a %s", async (of) => {
    const client = start("roundTripsProgram.ts", { ...plan, of });
    const { p50Us } = RoundTrips.parse(JSON.parse(await text(client.stdout)));
    expect(p50Us).toBeGreaterThan(0);
    expect(p50Us).toBeLessThan(1_000_000);
  });
});

describe("requests a second", () => {
  const output = "Running 5s test @ http://127.0.0.1:8080/\n  1 threads and 32 connections\n";
  test("are what the load says", () => {
    const said = `${output}  49061 requests in 5.00s, 6.13MB read\nRequests/sec:   9812.34\nTransfer/sec:      1.23MB\n`;
    expect(answersOf(said)).toEqual({ requests: 49_061, perSecond: 9812.34 });
  });

  test.each(["  Non-2xx or 3xx responses: 12", "  Socket errors: connect 0, read 3, write 0, timeout 0"])(
    "are none where requests have failed: %s",
    (line) => {
      const said = `${output}  49061 requests in 5.00s, 6.13MB read\n${line}\nRequests/sec:   9812.34\n`;
      expect(() => answersOf(said)).toThrow("not answered");
    },
  );
});

test("a quantile is the smallest value that so many do not exceed", () => {
  const values = Array.from({ length: 100 }, (_, place) => 100 - place);
  expect([0, 0.5, 0.99, 1].map((part) => quantile(values, part))).toEqual([1, 50, 99, 100]);
});
