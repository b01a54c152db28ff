import { execa } from "execa";
import { expect, test } from "vitest";
import { onHost } from "../../../components/HostDelivery.ts";

/** Runs such a line as the host's shell does, with its limits in hundredths of their seconds. */
function run(...command: readonly string[]) {
  const line = onHost(...command)
    .replace(/^sudo /, "")
    .replace(
      /=(\d+) (\d+) /,
      (_, killAfterS: string, enoughS: string) => `=${+killAfterS / 100} ${+enoughS / 100} `,
    );
  return execa("sh", ["-c", line], { reject: false });
}

test("a command that ends in time keeps its status and its quotes", async () => {
  expect(await run("sh", "-c", 'echo "it\'s $0"; exit 7', "here")).toMatchObject({
    exitCode: 7,
    stdout: "it's here",
  });
});

test("one that succeeds after SIGTERM counts as a success", async () => {
  const late = "trap 'told=yes' TERM; while [ -z \"$told\" ]; do sleep 0.05; done; echo done";
  expect(await run("sh", "-c", late)).toMatchObject({ exitCode: 0, stdout: "done" });
});

test("one that hangs on is killed", async () => {
  const { failed } = await run("sh", "-c", "trap '' TERM; while :; do sleep 0.05; done");
  expect(failed).toBe(true);
});
