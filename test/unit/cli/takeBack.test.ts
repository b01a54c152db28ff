import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { joinsBarred } from "../../../cli/engine/hostResources.ts";
import type { LiveBundle } from "../../../cli/hosts/ask.ts";
import { here } from "../../../cli/hosts/ways.ts";
import { reached, restoreAll } from "../../../cli/takeBack.ts";

const moved = ["db1", "haproxy1", "haproxy2"].map((host) => ({
  host,
  live: "b".repeat(64),
  old: "a".repeat(64),
}));

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test("a host that does not go back, or does not answer, keeps no other from it, and all such hosts are named", async () => {
  const asked: string[] = [];
  const restoring = restoreAll(moved, async ({ host }) => {
    asked.push(host);
    if (host === "db1") return { failure: "exit status 1", stderr: "the disk is full" };
    if (host === "haproxy1") throw new Error("no answer within 320 s");
    return { failure: undefined, stderr: "" };
  });
  await expect(restoring).rejects.toThrow(
    /^db1 does not go back to aaaaaaaaaaaa, .*: the disk is full\nhaproxy1 does not go back to .*: no answer within 320 s$/,
  );
  expect(asked).toEqual(["db1", "haproxy1", "haproxy2"]);
});

test("hosts that all go back make no failure", async () => {
  await expect(restoreAll(moved, async () => ({ failure: undefined, stderr: "" }))).resolves.toBeUndefined();
});

describe("what a roll-out has done", () => {
  const pairs = [
    ["haproxy1", "haproxy2", "haproxy3"],
    ["other1", "other2"],
  ].map((names) => ({
    nodes: names.map((name) => ({ name })),
  }));
  const bundles = (live: Readonly<Record<string, LiveBundle["live"]>>): readonly LiveBundle[] =>
    Object.entries(live).map(([host, live]) => ({ host, way: here, live, runs: true }));
  const before = { haproxy1: "old", haproxy2: "old", other1: "old", other2: "old" };
  const names = (hosts: readonly { readonly host: string }[]) => hosts.map(({ host }) => host);

  test.each<[string, LiveBundle["live"], readonly string[]]>([
    ["had none when it was asked", null, []],
    ["did not run yet", undefined, ["haproxy3"]],
  ])("a node that %s has joined the pair whose other nodes have moved", (_, live, added) => {
    const now = bundles({ ...before, haproxy1: "new", haproxy2: "new", haproxy3: "new" });
    const { moved, joined } = reached(pairs, bundles({ ...before, haproxy3: live }), now, new Set(added));
    expect([names(moved), names(joined)]).toEqual([["haproxy1", "haproxy2"], ["haproxy3"]]);
  });

  test("a node that was silent before, and is not new, is left as it is", () => {
    const now = bundles({ ...before, haproxy1: "new", haproxy3: "new" });
    expect(reached(pairs, bundles({ ...before, haproxy3: undefined }), now, new Set()).joined).toEqual([]);
  });

  test("a node of a pair that keeps what it has stays, as does one whose first bundle was restored", () => {
    const now = bundles({ ...before, other1: "new", haproxy3: "new" });
    expect(reached(pairs, bundles({ ...before, haproxy3: null }), now, new Set()).joined).toEqual([]);
    const restored = bundles({ ...before, haproxy1: "new", haproxy3: null });
    expect(reached(pairs, bundles({ ...before, haproxy3: null }), restored, new Set()).joined).toEqual([]);
  });

  test("a host that had a bundle and does not say which one it has is named", () => {
    const now = bundles({ ...before, haproxy1: undefined, haproxy2: "new" });
    expect(reached(pairs, bundles(before), now, new Set()).silent).toEqual(["haproxy1"]);
  });
});

test("no node joins a pair of which a node is left out: that one would hold the address beside it", () => {
  const pairs = [
    ["haproxy1", "haproxy2"],
    ["other1", "other2"],
  ].map((names) => ({
    nodes: names.map((name) => ({ name })),
  }));
  expect(joinsBarred(pairs, ["haproxy1", "gone1"])).toEqual(["haproxy1-join", "haproxy2-join"]);
  expect(joinsBarred(pairs, ["gone1"])).toEqual([]);
});
