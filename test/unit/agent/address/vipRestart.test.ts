import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startLoop } from "../../../../agent/egress/egressLoop.ts";
import { openMetrics } from "../../../../agent/egress/report/metrics.ts";
import { openReporter } from "../../../../agent/egress/report/reporter.ts";
import { readState } from "../../../../agent/egress/stateFile.ts";
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
  const loop = startLoop(
    config,
    { ...readState(config.stateFile), pid: undefined },
    openReporter(folder.path, () => {}),
    openMetrics(),
  );
  try {
    await vi.waitUntil(() => readFileSync(config.trackFile, "utf8") === "1\n", { timeout: 5000 });
    expect(loop.page().vip.givenUp).toBe(true);
  } finally {
    await loop.stop();
  }
  expect(readState(config.stateFile).vip).toMatchObject(gaveUp);
});
