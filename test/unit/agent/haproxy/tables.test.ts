import { expect, test } from "vitest";
import { tableRows } from "../../../../agent/haproxy/tables.ts";

/** As HAProxy 3.0 answers `show table a;show table b;show info`. */
const answers = `# table: a, type: string, size:51200, used:2
0x7fabe4031e30: key=one.test use=1 exp=59120 shard=0 conn_cur=1 gpc0=0 gpc1=12 gpc0_rate(10000)=7
0x7fabe4031f30: key=two.test use=0 exp=9120 shard=0 conn_cur=0 gpc0=3 gpc1=4294967295 gpc0_rate(10000)=0

# table: b, type: string, size:51200, used:1
0x7fabe4031f30: key=one.test use=0 exp=9120 shard=0 gpc0=2

Name: HAProxy
Pid: 7
`;

test("entries of stick tables have their counters, and no rate", () => {
  expect([...tableRows(answers, ["a", "b"])]).toEqual([
    { table: "a", key: "one.test", open: 1, counters: [0, 12] },
    { table: "a", key: "two.test", open: 0, counters: [3, 4_294_967_295] },
    { table: "b", key: "one.test", open: 0, counters: [2] },
  ]);
});

test("a table that haproxy does not have is named", () => {
  expect(() => [...tableRows("No such table\n\n", ["edge-open"])]).toThrow(
    `haproxy does not show its table edge-open: "No such table`,
  );
});
