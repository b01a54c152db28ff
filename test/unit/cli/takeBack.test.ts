import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { restoreAll } from "../../../cli/takeBack.ts";

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
