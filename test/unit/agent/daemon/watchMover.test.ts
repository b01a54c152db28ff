import { once } from "node:events";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askPage } from "../../../../agent/daemon/http.ts";
import { hapair } from "../../../../agent/services/hapair.ts";
import type { Candidate } from "../../../../agent/services/service.ts";
import { AddressPage } from "../../../../contract/addressPage.ts";
import { moverConfigPath } from "../../../../contract/moverConfig.ts";
import { ownerOf } from "../../../../contract/ownership/owners.ts";
import { ScratchHost } from "../apply/scratchHost.ts";
import { Aws } from "../mover/awsFake.ts";
import { moverConfig } from "../mover/moverFixtures.ts";
import { eventually, type WatchedNode, watchedNode } from "./watchFixtures.ts";

let node: WatchedNode;
beforeEach(async () => {
  node = await watchedNode();
});
afterEach(() => node[Symbol.asyncDispose]());

const [loopback, own] = ["127.0.0.1", "127.0.0.2"];

async function status(address: string | undefined, path: string): Promise<number> {
  const { port } = node.config.listen[0] ?? { port: 0 };
  return fetch(`http://${address}:${port}${path}`, { signal: AbortSignal.timeout(1000) }).then(
    ({ status }) => status,
    () => 0,
  );
}

async function writeMover(more: object = {}) {
  const aws = node.stack.use(await Aws.open());
  const mover = moverConfig({
    privateAddress: own,
    endpoint: aws.endpoint,
    metadata: await aws.metadata("a"),
    ...more,
  });
  writeFileSync(join(node.folder, "mover.json"), JSON.stringify(mover));
  const [where] = node.config.listen;
  const listen = [loopback, own].map((address) => ({ address, port: where?.port }));
  node.writeConfig({ ...node.config, listen, vrrpFile: join(node.folder, "vrrp") });
  return aws;
}

test("a daemon with the mover's config moves the address, and has the mover's page", async () => {
  const aws = await writeMover();
  writeFileSync(join(node.folder, "vrrp"), "MASTER\n");
  const { child } = node.watching();
  await eventually(
    () => aws.interfaces.a.addresses,
    (addresses) => addresses.length === 1,
  );
  const pages = [loopback, own].flatMap((address) =>
    ["/address", "/metrics", "/egress"].map((path) => status(address, path)),
  );
  expect(await Promise.all(pages)).toEqual([200, 200, 200, 200, 200, 200]);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(aws.interfaces.a.addresses).toHaveLength(1);
});

test("a state of keepalived that cannot be read is a problem on the pages, and each of them answers", async () => {
  await writeMover();
  mkdirSync(join(node.folder, "vrrp"));
  const { said } = node.watching();
  await eventually(
    () => status(loopback, "/egress"),
    (code) => code === 200,
  );
  expect(await status(loopback, "/metrics")).toBe(200);
  const [where] = node.config.listen;
  const page = await askPage({ address: loopback, port: where?.port ?? 0 }, "/address", AddressPage, 1000);
  expect(page).toMatchObject({ vrrp: null, problem: expect.stringContaining("EISDIR") });
  await eventually(said, (text) => text.includes("<3>mover: ") && text.includes("<3>state of keepalived: "));
});

test("a part whose config comes or goes starts and stops at SIGHUP, with its page", async () => {
  const { child, said } = node.watching();
  await eventually(
    () => status(loopback, "/egress"),
    (code) => code === 200,
  );
  expect(await status(loopback, "/address")).toBe(404);
  await writeMover();
  child.kill("SIGHUP");
  await eventually(
    () => status(own, "/address"),
    (code) => code === 200,
  );
  renameSync(join(node.folder, "mover.json"), join(node.folder, "mover.json.old"));
  child.kill("SIGHUP");
  await eventually(
    () => status(loopback, "/address"),
    (code) => code === 404,
  );
  expect(await status(loopback, "/metrics")).toBe(200);
  await writeMover({ mode: "vmac" });
  child.kill("SIGHUP");
  await eventually(said, (text) => text.includes("the old config stays in force"));
  expect(said()).toMatch(/mover\.json is not a mover's config: .*mode/);
  expect(await status(loopback, "/egress")).toBe(200);
});

test.each([
  [
    "there is no egress config",
    () => rmSync(join(node.folder, "egress.json")),
    /cannot read .*\/egress\.json .*on a node, apply its bundle again/,
  ],
  [
    "the egress config lacks keepalived's state",
    () => node.writeConfig(node.config),
    /\/egress\.json has no vrrpFile, which .*\/mover\.json needs; apply the host's bundle again/,
  ],
])("a daemon with a mover's config does not start where %s", async (_, spoil, words) => {
  await writeMover();
  spoil();
  const { child, said } = node.watching();
  expect(await once(child, "close")).toEqual([2, null]);
  expect(said()).toMatch(words);
});

test("apply refuses a mover's config that the daemon would refuse", async () => {
  const host = new ScratchHost();
  node.stack.defer(() => host.remove());
  const staged = (text: string) =>
    ({ host, files: [{ path: moverConfigPath, text }] }) as unknown as Candidate;
  expect(ownerOf(moverConfigPath)).toBe("hapair");
  expect(await hapair.complaint?.(staged(JSON.stringify(moverConfig({}))))).toBeUndefined();
  expect(await hapair.complaint?.(staged("{"))).toContain("/etc/hapair/mover.json is not JSON");
  expect(await hapair.complaint?.(staged("{}"))).toContain("/etc/hapair/mover.json is not a mover's config");
});
