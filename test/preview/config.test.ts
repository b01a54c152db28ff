import * as pulumi from "@pulumi/pulumi";
import { setAllConfig } from "@pulumi/pulumi/runtime/config.js";
import { beforeAll, expect, test } from "vitest";
import { readStack } from "../../stacks/config.ts";
import { labWithEgress } from "../unit/fixtures.ts";

const wg3 = { name: "wg3", address: "127.0.0.1", port: 18183, wireproxy: true };
const text = (node: string) => `[Interface]\nPrivateKey = the-key-of-${node}\n`;
const wireproxy = { pg: { wg3: { haproxy1: text("one"), haproxy2: text("two") } } };

/** Sets the stack's config as the engine hands it over: objects as JSON, texts as they are; `others` are whole keys. */
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

test("wireproxy's configs come beside the topology, their lines kept", () => {
  set({ wireproxy });
  expect(readStack().secrets.wireproxies).toEqual(wireproxy);
});

test("a key whose namespace is a typing error is refused, and one of another's is not", () => {
  set({ wireproxy }, { "pulumi:tags": "{}", "hapiar:firewall": "{}" });
  expect(readStack).toThrow(/ problem:\n {2}hapiar:firewall: unknown key; did you mean hapair:firewall\?$/);
});

test("a config set where its section belongs is refused, and not quoted as the JSON that it looks like", () => {
  set({ wireproxy: text("one") });
  expect(readStack).toThrow(/wireproxy: belongs to no node and server/);
  expect(readStack).not.toThrow(/the-key|PrivateKey/);
});
