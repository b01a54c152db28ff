import { execa } from "execa";
import { expect, test } from "vitest";
import { root } from "../../../cli/session/home.ts";

/** Imports the program of the plain Pulumi CLI, and prints how that ends. */
async function imported(...options: readonly string[]): Promise<string> {
  const text = `import("./stacks/index.mjs").then(
    (entry) => console.log(Object.keys(entry).join()),
    (error) => console.log(error.__pulumiRunError, error.message))`;
  const { stdout } = await execa(process.execPath, [...options, "--input-type=module", "--eval", text], {
    cwd: root,
  });
  return stdout;
}

test("the Pulumi program on a Node that cannot run TypeScript says in one sentence which one to use", async () => {
  expect(await imported("--no-experimental-strip-types")).toMatch(
    /^true node on PATH is v[\d.]+, and this program needs 22\.18 or newer, which runs TypeScript: .* run export PATH="\$PWD\/node_modules\/node-linux-\w+\/bin:\$PATH" in the project's folder\.$/,
  );
});

test("the Pulumi program has one export, which the engine runs", async () => {
  expect(await imported()).toBe("default");
});
