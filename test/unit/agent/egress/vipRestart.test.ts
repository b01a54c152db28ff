import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startLoop } from "../../../../agent/egress/loop/egressLoop.ts";
import { readState } from "../../../../agent/egress/loop/stateFile.ts";
import type { EgressPage } from "../../../../agent/egress/page/egressPage.ts";
import { openMetrics } from "../../../../agent/egress/report/metrics.ts";
import { openReporter } from "../../../../agent/egress/report/reporter.ts";
import type { EgressConfig } from "../../../../topology/egressConfig.ts";
import { groupOf } from "./electionFixtures.ts";
import { listening } from "./probeFixtures.ts";
import { scratchFolder } from "./runtimeFixtures.ts";

/** A peer that could have the address, and on which everything works. */
const peerPage: EgressPage = {
  host: "haproxy2",
  at: new Date(0).toISOString(),
  haproxy: { answers: true, problem: null },
  vip: { address: "192.0.2.1", moves: true, givenUp: false, holder: true, able: true },
  groups: [
    { name: "main", port: 7891, essential: true, usable: true, preferred: null, switches: [], servers: [] },
  ],
};

test("a loop that is started again goes on keeping the address from its node, with the give-ups counted", async () => {
  using folder = scratchFolder();
  const at = (name: string) => join(folder.path, name);
  await using peer = await listening(createServer((_, response) => response.end(JSON.stringify(peerPage))));
  const gone = { address: "127.0.0.1", port: 9 };
  const shipped = groupOf(["wg1"]);
  const config: EgressConfig = {
    host: "haproxy1",
    runtimeSocket: at("haproxy.sock"),
    masterSocket: at("master.sock"),
    stateFile: at("state.json"),
    trackFile: at("egress-down"),
    haproxyTrackFile: at("haproxy-down"),
    keepalivedEvents: at("cgroup.events"),
    logFolder: folder.path,
    listen: [],
    peers: [{ name: "haproxy2", address: "127.0.0.1", port: peer.port }],
    moveVip: true,
    virtualAddress: "192.0.2.1",
    ca: "",
    groups: [
      {
        ...shipped,
        mapFile: at("main.map"),
        essential: true,
        servers: shipped.servers.map((server) => ({ ...server, ...gone })),
      },
    ],
  };
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
