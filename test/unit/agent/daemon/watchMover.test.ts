import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hapair } from "../../../../agent/services/hapair.ts";
import type { Candidate } from "../../../../agent/services/service.ts";
import { moverConfigPath } from "../../../../contract/moverConfig.ts";
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
    vrrpFile: join(node.folder, "vrrp"),
    stateFile: join(node.folder, "state.json"),
    page: { port: node.config.listen[0]?.port },
    ...more,
  });
  writeFileSync(join(node.folder, "mover.json"), JSON.stringify(mover));
  return aws;
}

test("a daemon with the mover's config alone moves the address, and has the mover's page and no other", async () => {
  rmSync(join(node.folder, "egress.json"));
  const aws = await writeMover();
  writeFileSync(join(node.folder, "vrrp"), "MASTER\n");
  const { child } = node.watching();
  await eventually(
    () => aws.interfaces.a.addresses,
    (addresses) => addresses.length === 1,
  );
  const all = async () =>
    [loopback, own].flatMap((address) =>
      ["/address", "/metrics", "/egress"].map((path) => status(address, path)),
    );
  expect(await Promise.all(await all())).toEqual([200, 200, 404, 200, 200, 404]);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(aws.interfaces.a.addresses).toHaveLength(1);
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

test("without any config the daemon names the files that are missing", async () => {
  const folder = join(node.folder, "empty");
  mkdirSync(folder);
  const program = join(import.meta.dirname, "../../../../agent/main.ts");
  const child = spawn(process.execPath, [program, "watch", "--config", folder], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (part) => {
    words += part;
  });
  expect(await once(child, "close")).toEqual([2, null]);
  expect(words).toContain(
    `neither ${folder}/egress.json nor ${folder}/mover.json: on a node, apply its bundle again`,
  );
});

test("apply refuses a mover's config that the daemon would refuse", async () => {
  const host = new ScratchHost();
  node.stack.defer(() => host.remove());
  const staged = (text: string) =>
    ({ host, files: [{ path: moverConfigPath, text }] }) as unknown as Candidate;
  expect(hapair.owns(moverConfigPath, undefined)).toBe(true);
  expect(await hapair.complaint?.(staged(JSON.stringify(moverConfig({}))))).toBeUndefined();
  expect(await hapair.complaint?.(staged("{"))).toContain("/etc/hapair/mover.json is not JSON");
  expect(await hapair.complaint?.(staged("{}"))).toContain("/etc/hapair/mover.json is not a mover's config");
});
