import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { arrived } from "../../../../agent/commands/apply.ts";
import { exitStatuses } from "../../../../agent/errors.ts";

test("a bundle whose sender falls silent is refused as not whole", async () => {
  const stream = new PassThrough();
  stream.write("half a bun");
  await expect(arrived(stream, 100)).rejects.toMatchObject({
    exitStatus: exitStatuses.badInput,
    message: "the bundle did not arrive whole: nothing came for 0.1 s after 10 bytes, send it again",
  });
  expect(stream.destroyed, "an open stream keeps the program from ending").toBe(true);
});

test("a bundle that comes slowly arrives: only silence counts", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const stream = new PassThrough();
  const whole = arrived(stream, 60_000);
  for (let part = 0; part < 5; part++) {
    stream.write("x");
    await setImmediate();
    vi.advanceTimersByTime(40_000);
  }
  stream.end("end");
  expect((await whole).toString()).toBe("xxxxxend");
  vi.useRealTimers();
});
