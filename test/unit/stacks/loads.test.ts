import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** Modules that a process has loaded after importing `path`, by the names of their packages. */
async function loadedBy(path: string): Promise<readonly string[]> {
  const script = `
    const { createRequire } = await import("node:module");
    await import(${JSON.stringify(join(root, path))});
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(loaded.map((file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1] ?? "").join("\\n"));
  `;
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", script], { cwd: root });
  return [...new Set(stdout.split("\n"))];
}

test("the program of a stack loads AWS's SDK only where the stack is on EC2", async () => {
  const others = await loadedBy("stacks/program.ts");
  expect(others).toContain("@pulumi/pulumi");
  expect(others).toContain("@pulumi/command");
  expect(others).not.toContain("@pulumi/aws");
  expect(await loadedBy("components/machines/ec2/ec2.ts")).toContain("@pulumi/aws");
});
