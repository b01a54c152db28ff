import { Script } from "node:vm";
import { execa } from "execa";
import { expect, test } from "vitest";
import { agentBundle, agentBundleFile } from "../../../tools/agentBundle.ts";

test("the agent is one executable file of less than 1 MB", async () => {
  const { text, sha256 } = await agentBundle();
  expect(text.startsWith("#!/usr/bin/env -S /usr/bin/node ")).toBe(true);
  expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(agentBundle()).toBe(agentBundle());
});

test("the agent is no ES module, whose loader would cost the daemon 3 MB on Node 20", async () => {
  const { text } = await agentBundle();
  expect(() => new Script(text)).not.toThrow();
  expect(text).not.toContain("import.meta");
});

test("the daemon has Node load nothing of fetch at its start, which would cost it 6 MB", async () => {
  const { path } = await agentBundleFile();
  const trap = `Object.defineProperty(globalThis, "Response", { get: () => console.log("fetch is loaded") })`;
  // As in Node 20, there is no `navigator`.
  const { stdout, stderr } = await execa(
    process.execPath,
    [
      ...["--no-experimental-global-navigator", `--import=data:text/javascript,${encodeURIComponent(trap)}`],
      ...[path, "watch", "--config", "/nowhere"],
    ],
    { reject: false, env: { NODE_OPTIONS: "" } },
  );
  expect(stderr).toContain("cannot read /nowhere/egress.json");
  expect(stdout).toBe("");
});
