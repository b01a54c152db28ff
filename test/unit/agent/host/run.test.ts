import { expect, test } from "vitest";
import { run } from "../../../../agent/host/run.ts";

test("a program that is late counts as failed at its deadline, also where what it started lives on with its pipes", async () => {
  const begun = performance.now();
  const { status, stdout, stderr } = await run("sh", ["-c", "sleep 30 & echo $!; wait"], { timeoutMs: 500 });
  const tookMs = performance.now() - begun;
  process.kill(Number(stdout));
  expect([status, stderr.trim()]).toEqual([124, "sh did not end within 0.5 s"]);
  expect(tookMs).toBeLessThan(15_000);
});

test("a program tells its words and its status; one that is not there tells that", async () => {
  expect(await run("sh", ["-c", "cat; echo why >&2; exit 3"], { input: "in" })).toEqual({
    status: 3,
    stdout: "in",
    stderr: "why\n",
  });
  expect(await run("hapair-no-such-program", [])).toMatchObject({ status: 127 });
});
