import { afterEach, expect, test } from "vitest";
import { run } from "../../../../agent/host/run.ts";
import { until } from "../../../../agent/host/system.ts";
import { ScratchHost } from "../apply/scratchHost.ts";

test("a program fails at its deadline, also where a child process keeps its pipes open", async () => {
  const begun = performance.now();
  const { status, stdout, stderr } = await run("sh", ["-c", "sleep 30 & echo $!; wait"], { timeoutMs: 500 });
  const tookMs = performance.now() - begun;
  process.kill(Number(stdout));
  expect([status, stderr.trim()]).toEqual([124, "sh did not end within 0.5 s"]);
  expect(tookMs).toBeLessThan(15_000);
});

test("a program returns its output and status, and a missing program status 127", async () => {
  expect(await run("sh", ["-c", "cat; echo why >&2; exit 3"], { input: "in" })).toEqual({
    status: 3,
    stdout: "in",
    stderr: "why\n",
  });
  expect(await run("hapair-no-such-program", [])).toMatchObject({ status: 127 });
});

const hourMs = 3_600_000;
const host = new ScratchHost();
afterEach(() => host.remove());

test.each([
  ["forward", hourMs],
  ["back", -hourMs],
])("a clock that is set an hour %s neither shortens nor extends a deadline", async (_, byMs) => {
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

test("a program that the system does not start is a failure of that program, not of the agent", async () => {
  expect(await run("true", ["x".repeat(300_000)])).toMatchObject({
    status: 127,
    stderr: "true: spawn E2BIG",
  });
  expect(await run("/nowhere/program", [])).toMatchObject({
    status: 127,
    stderr: expect.stringContaining("ENOENT"),
  });
});
