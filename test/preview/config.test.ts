import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { setAllConfig } from "@pulumi/pulumi/runtime/config.js";
import { beforeAll, expect, test } from "vitest";
import { readStack } from "../../stacks/config.ts";
import { labWithEgress } from "../unit/fixtures.ts";

const wg3 = { name: "wg3", address: "127.0.0.1", port: 18183, wireproxy: true };
const text = (node: string) => `[Interface]\nPrivateKey = the-key-of-${node}\n`;
const wireproxy = { pg: { wg3: { haproxy1: text("one"), haproxy2: text("two") } } };

/** Sets the stack's config as the engine passes it: objects as JSON, texts unchanged; `others` have full keys. */
function set(secrets: Record<string, unknown>, others: Record<string, string> = {}): void {
  const config = { ...labWithEgress({ servers: [wg3] }), ...secrets };
  const entries = Object.entries(config).map(([key, value]) => [
    `hapair:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  setAllConfig(
    { ...Object.fromEntries(entries), ...others },
    Object.keys(secrets).map((key) => `hapair:${key}`),
  );
}

beforeAll(() => {
  const echo = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
  return pulumi.runtime.setMocks(echo, "hapair", "test", true);
});

test("wireproxy's configs are read beside the topology with their line breaks", () => {
  set({ wireproxy });
  expect(readStack().secrets.wireproxies).toEqual(wireproxy);
});

test("a key with a mistyped namespace is refused, and a key of another namespace is not", () => {
  set({ wireproxy }, { "pulumi:tags": "{}", "hapiar:firewall": "{}" });
  expect(() => readStack()).toThrow(
    / problem:\n {2}hapiar:firewall: unknown key; did you mean hapair:firewall\?$/,
  );
});

test("a wireproxy config in place of the section is refused, and the error does not quote it", () => {
  set({ wireproxy: text("one") });
  expect(() => readStack()).toThrow(/wireproxy: belongs to no node and server/);
  expect(() => readStack()).not.toThrow(/the-key|PrivateKey/);
});

test("a password with which some drivers could not log in is refused by its key, and the error does not quote it", () => {
  const password = "caf\u00a0\u{1F600}";
  set({
    wireproxy,
    secrets: "config",
    passwords: { pg: { database: password, probe: "two", stats: "three" } },
  });
  expect(() => readStack()).toThrow(/ problem:\n {2}passwords\.pg\.database: has characters that SASLprep/);
  expect(() => readStack()).not.toThrow(password);
});

test("a file that the Pulumi CLI has read otherwise than hapair's own commands would is refused with line and column", () => {
  const folder = mkdtempSync(join(tmpdir(), "hapair-stacks-"));
  set({ wireproxy });
  writeFileSync(join(folder, "Pulumi.test.yaml"), "config:\n  hapair:lab: {sshPort: 02201}\n");
  expect(() => readStack(folder)).toThrow(pulumi.RunError);
  expect(() => readStack(folder)).toThrow(/Pulumi\.test\.yaml:2:25: is a number with a leading zero/);
  rmSync(folder, { recursive: true });
});
