import { expect, test } from "vitest";
import { pause } from "../../../drills/time.ts";

test("a drill that is interrupted in a pause ends with the reason of its signal", async () => {
  const reason = new Error("interrupted by SIGINT");
  const controller = new AbortController();
  const paused = pause(60_000, controller.signal);
  controller.abort(reason);
  await expect(paused).rejects.toBe(reason);
});
