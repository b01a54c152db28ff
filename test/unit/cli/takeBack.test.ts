import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { newcomersOf, takeAll } from "../../../cli/takeBack.ts";

const moved = ["db1", "haproxy1", "haproxy2"].map((host) => ({
  host,
  begins: `${host}: restoring aaaaaaaaaaaa`,
  fails: `${host} does not go back to aaaaaaaaaaaa, see npm run status`,
}));

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test("a host that does not go back, or does not answer, keeps no other from it, and all such hosts are named", async () => {
  const asked: string[] = [];
  const restoring = takeAll(moved, async ({ host }) => {
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
  await expect(takeAll(moved, async () => ({ failure: undefined, stderr: "" }))).resolves.toBeUndefined();
});

describe("a node that joined a pair in the roll-out", () => {
  const connection = { host: "10.0.1.20", user: "admin", hostKey: "", port: 22 };
  const live = "a".repeat(64);
  const host = (name: string, joins = false) => ({ host: name, connection, live, runs: true, joins });
  const pair = (vip: object, ...names: readonly string[]) => ({
    vip: { address: "10.0.1.100", ...vip },
    nodes: names.map((name) => ({ name, address: "10.0.1.20", priority: 100 })),
  });

  test("stops bidding where a node that may not know it any more goes back", () => {
    const before = [host("haproxy1"), host("haproxy2"), host("haproxy3", true), host("db1")];
    const trio = pair({}, "haproxy1", "haproxy2", "haproxy3");
    expect(newcomersOf([trio], { before, moved: ["haproxy1"] })).toMatchObject([
      { host: "haproxy3", units: ["hapair-join.service", "hapair-address.service", "keepalived.service"] },
    ]);
    // It may go back itself, to the bundle with which it was away.
    expect(newcomersOf([trio], { before, moved: ["haproxy3", "haproxy2"] })).toHaveLength(1);
  });

  test("goes on where none of its own pair's other nodes goes back", () => {
    const before = [host("haproxy1"), host("haproxy3", true), host("web1"), host("db1")];
    const pairs = [pair({}, "haproxy1", "haproxy3"), pair({}, "web1", "web2")];
    for (const moved of [["db1"], ["web1"], ["haproxy3"]])
      expect(newcomersOf(pairs, { before, moved })).toEqual([]);
  });
});
