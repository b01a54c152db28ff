import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import * as z from "zod";
import { openLog } from "../../../../agent/daemon/log.ts";
import { openRegistry } from "../../../../agent/daemon/registry.ts";
import { openStateFile } from "../../../../agent/daemon/stateFile.ts";
import { openParts } from "../../../../agent/watch.ts";
import { EgressPage } from "../../../../contract/egressPage.ts";
import { listening } from "../egress/probeFixtures.ts";
import { groupOf } from "../election/electionFixtures.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";
import { nodeConfig, peerPage } from "./vipFixtures.ts";

test("a loop that is started again goes on keeping the address from its node, with the give-ups counted", async () => {
  using folder = scratchFolder();
  // The address is the peer's.
  const page = { ...peerPage, vip: { ...peerPage.vip, holder: true } };
  await using peer = await listening(createServer((_, response) => response.end(JSON.stringify(page))));
  const shipped = groupOf(["wg1"]);
  const group = {
    ...shipped,
    mapFile: join(folder.path, "main.map"),
    essential: true,
    servers: shipped.servers.map((server) => ({ ...server, address: "127.0.0.1", port: 9 })),
  };
  const config = nodeConfig(folder.path, {
    groups: [group],
    peers: [{ name: "haproxy2", address: "127.0.0.1", port: peer.port }],
    virtualAddress: "192.0.2.1",
  });
  const gaveUp = { givenUp: true, giveUps: 3, gaveUpAtMs: Date.now(), keepsUntilMs: 0, aloneAtMs: 0 };
  writeFileSync(config.stateFile, JSON.stringify({ version: 1, groups: {}, vip: gaveUp }));
  // As it is after a boot.
  writeFileSync(config.trackFile, "0\n");
  const log = openLog(() => {});
  const registry = openRegistry();
  const parts = openParts({ log, registry, state: openStateFile(config.stateFile, log) });
  for (const part of parts) part.start(config);
  try {
    await vi.waitUntil(() => readFileSync(config.trackFile, "utf8") === "1\n", { timeout: 5000 });
    const [egress] = parts;
    const page = await egress?.pages["/egress"]?.();
    expect(EgressPage.parse(JSON.parse(page?.body ?? "")).vip.givenUp).toBe(true);
    expect(await registry.getSingleMetricAsString("hapair_egress_vip_given_up")).toMatch(/ 1$/m);
  } finally {
    await Promise.all(parts.map((part) => part.stop()));
  }
  expect(openStateFile(config.stateFile, log).read("vip", z.unknown())).toMatchObject(gaveUp);
});
