import { expect, test } from "vitest";
import { statLines } from "../../../../agent/haproxy/stats.ts";
import { serverChanges, serverStatesOf } from "../../../../agent/health/servers.ts";

const states = (...rows: readonly (readonly [name: string, status: string])[]) =>
  serverStatesOf(
    statLines(
      `# pxname,svname,type,status,\n${rows.map(([name, status]) => `pool,${name},2,${status},\n`).join("")}`,
    ),
  );

test("a server has one word, whatever its checks count", () => {
  expect(
    states(
      ["a", "UP 1/3"],
      ["b", "DOWN 1/2"],
      ["c", "no check"],
      ["d", "MAINT (resolution)"],
      ["e", "DRAIN"],
    ),
  ).toEqual({ "pool/a": "UP", "pool/b": "DOWN", "pool/c": "no check", "pool/d": "MAINT", "pool/e": "DRAIN" });
});

test("a change is told of servers that were there before", () => {
  const before = states(["a", "UP"], ["b", "UP"], ["gone", "UP"]);
  expect(serverChanges(before, states(["a", "DOWN"], ["b", "UP 2/3"], ["new", "DOWN"]))).toEqual([
    { server: "pool/a", before: "UP", state: "DOWN" },
  ]);
});
