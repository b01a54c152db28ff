import { afterEach, expect, test } from "vitest";
import { until } from "../../../../agent/host/until.ts";
import { ScratchHost } from "../apply/scratchHost.ts";

const hourMs = 3_600_000;
const host = new ScratchHost();
afterEach(() => host.remove());

test.each([
  ["forward", hourMs],
  ["back", -hourMs],
])("a clock that is set an hour %s neither ends a deadline early nor puts it off", async (_, byMs) => {
  const begunMs = host.monotonicMs();
  let tries = 0;
  const last = await until(host, 5000, async () => {
    tries++;
    host.setClock(byMs);
    return `try ${tries}`;
  });
  const tookMs = host.monotonicMs() - begunMs;
  expect(last).toBe(`try ${tries}`);
  expect(tookMs).toBeGreaterThan(4000);
  expect(tookMs).toBeLessThanOrEqual(5010);
});
