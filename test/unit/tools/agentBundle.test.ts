import { expect, test } from "vitest";
import { agentBundle } from "../../../tools/agentBundle.ts";

test("the agent is one executable file of less than 1 MB", async () => {
  const { text, sha256 } = await agentBundle();
  expect(text.startsWith("#!/usr/bin/env -S /usr/bin/node ")).toBe(true);
  expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(agentBundle()).toBe(agentBundle());
});
