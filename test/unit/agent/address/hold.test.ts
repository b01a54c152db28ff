import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { holdOf, isHolder, knownPeers, vrrpStateIn, writeTrackFile } from "../../../../agent/address/hold.ts";
import type { System } from "../../../../agent/host/system.ts";
import type { AgentConfig } from "../../../../contract/agentConfig.ts";
import type { EgressConfig } from "../../../../contract/egressConfig.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";

/** The hold of a node whose two files have these texts; undefined for a missing file. */
function holdWith(keepalived: string | undefined, haproxy: string | undefined, virtualAddress = "192.0.2.1") {
  using folder = scratchFolder();
  const keepalivedEvents = join(folder.path, "cgroup.events");
  const haproxyTrackFile = join(folder.path, "haproxy-down");
  if (keepalived !== undefined) writeFileSync(keepalivedEvents, keepalived);
  if (haproxy !== undefined) writeFileSync(haproxyTrackFile, haproxy);
  return holdOf({ keepalivedEvents, haproxyTrackFile, virtualAddress } as EgressConfig);
}

const runs = "populated 1\nfrozen 0\n";

test("a node is able to take the address only where keepalived runs and its track file says that haproxy serves", () => {
  expect(holdWith(runs, "0\n")).toEqual({ holder: false, able: true });
  for (const [keepalived, haproxy] of [
    [undefined, "0\n"],
    ["populated 0\nfrozen 0\n", "0\n"],
    [runs, undefined],
    [runs, "1\n"],
    [runs, ""],
  ])
    expect(holdWith(keepalived, haproxy), JSON.stringify([keepalived, haproxy])).toEqual({
      holder: false,
      able: false,
    });
});

test.each<[string | undefined, boolean]>([
  ["0\n", true],
  ["1\n", false],
  // Nothing has kept it from bidding since the boot.
  [undefined, true],
])("where the track file of joining nodes says %j, a node is able to take the address: %s", (text, able) => {
  using folder = scratchFolder();
  const at = (name: string) => join(folder.path, name);
  const [keepalivedEvents, haproxyTrackFile, joinTrackFile] = [at("events"), at("haproxy"), at("join")];
  writeFileSync(keepalivedEvents, runs);
  writeFileSync(haproxyTrackFile, "0\n");
  if (text !== undefined) writeFileSync(joinTrackFile, text);
  const config = { keepalivedEvents, haproxyTrackFile, joinTrackFile, virtualAddress: "192.0.2.1" };
  expect(holdOf(config as EgressConfig).able).toBe(able);
});

test("a node tells its peers once its bundle is proven, and not while a transaction may take them back", () => {
  using folder = scratchFolder();
  const config = { peers: [{ name: "haproxy2", address: "10.0.1.21", port: 8405 }] };
  expect(knownPeers(config, folder.path)).toEqual(["10.0.1.21"]);
  mkdirSync(join(folder.path, "var/lib/hapair"), { recursive: true });
  const transaction = join(folder.path, "var/lib/hapair/transaction.json");
  writeFileSync(transaction, "{}");
  expect(knownPeers(config, folder.path)).toBeNull();
  rmSync(transaction);
  expect(knownPeers(config, folder.path)).toEqual(["10.0.1.21"]);
});

test("a node holds an address that is on one of its interfaces", () => {
  expect(holdWith(undefined, undefined, "127.0.0.1").holder).toBe(true);
});

test.each<[string | undefined, boolean]>([
  ["MASTER\n", true],
  ["BACKUP\n", false],
  ["FAULT\n", false],
  ["MASTERS\n", false],
  ["", false],
  // keepalived does not run.
  [undefined, false],
])(
  "where every node has the address on an interface, keepalived's state %j makes a holder: %s",
  (state, holder) => {
    using folder = scratchFolder();
    const vrrpFile = join(folder.path, "vrrp");
    if (state !== undefined) writeFileSync(vrrpFile, state);
    const virtualAddress = "127.0.0.1";
    const here = { root: folder.path, addresses: () => [virtualAddress] } as unknown as System;
    expect(isHolder(here, { virtualAddress, vrrpFile: "/vrrp" } as NonNullable<AgentConfig["node"]>)).toBe(
      holder,
    );
    expect(
      holdOf({ virtualAddress, vrrpFile, keepalivedEvents: "", haproxyTrackFile: "" } as EgressConfig),
    ).toEqual({
      holder,
      able: false,
    });
  },
);

test("a state of keepalived that cannot be read is an error, and does not count as a keepalived that has ended", () => {
  using folder = scratchFolder();
  expect(() => vrrpStateIn(folder.path)).toThrow("EISDIR");
});

test("the track file is written in place, and only where it exists", () => {
  using folder = scratchFolder();
  const path = join(folder.path, "egress-down");
  expect(() => writeTrackFile(path, true)).toThrow("ENOENT");
  writeFileSync(path, "0\n");
  writeTrackFile(path, true);
  expect(readFileSync(path, "utf8")).toBe("1\n");
  writeTrackFile(path, false);
  expect(readFileSync(path, "utf8")).toBe("0\n");
});
