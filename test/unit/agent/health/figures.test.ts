import { expect, test } from "vitest";
import { factsOf } from "../../../../agent/haproxy/info.ts";
import { statLines } from "../../../../agent/haproxy/stats.ts";
import { figuresOf, type Sample } from "../../../../agent/health/figures.ts";

const info =
  "Name: HAProxy\nVersion: 3.0.11-1+deb13u2\nPid: 31\nUptime_sec: 86400\nMaxconn: 2000\nCurrConns: 5\nCumConns: 1000\nCumReq: 5000\nConnRate: 10\n";

/** Columns of HAProxy 3.0.11's `show stat`, not all of them; a check's words may hold commas and quotes. */
const stat = (errors: number) => `# pxname,svname,scur,req_rate,ereq,econ,eresp,hrsp_5xx,status,type,last_chk,
edge,FRONTEND,5,50,3,,,${errors},OPEN,0,,
edge,sock-1,0,,0,,,,OPEN,3,,
plain,target,2,,,1,0,4,UP,2,"Layer4 timeout, ""connect""",
plain,BACKEND,2,,,1,0,4,UP,1,,
`;

const sample = (atMs: number, errors: number): Sample => ({
  atMs,
  facts: factsOf(info),
  lines: statLines(stat(errors)),
});

test("the figures are those of the source: connections, requests, errors, servers", () => {
  expect(figuresOf(sample(10_000, 26), sample(5000, 6))).toEqual({
    connections: { current: 5, total: 1000, rate: 10, limit: 2000 },
    requests: { total: 5000, rate: 50 },
    errors: { total: 30, rate: 4 },
    serverStates: { "plain/target": { status: "UP", errors: 1, connections: 2 } },
    uptime: 86_400,
    version: "3.0.11-1+deb13u2",
  });
});

test("there is no rate over a restart, nor without an earlier sample", () => {
  const restarted = { ...sample(5000, 100), facts: { ...factsOf(info), pid: 30 } };
  expect(figuresOf(sample(10_000, 6), restarted).errors.rate).toBe(0);
  expect(figuresOf(sample(10_000, 6), undefined).errors.rate).toBe(0);
});

test("statistics are sorted by what they are of, with numbers as numbers", () => {
  const { frontends, backends, servers } = statLines(stat(6));
  expect(frontends).toMatchObject([{ pxname: "edge", req_rate: 50 }]);
  expect(backends).toMatchObject([{ pxname: "plain", svname: "BACKEND" }]);
  expect(servers).toEqual([
    {
      ...{ pxname: "plain", svname: "target", scur: 2, econ: 1, eresp: 0, hrsp_5xx: 4 },
      ...{ status: "UP", type: 2, last_chk: 'Layer4 timeout, "connect"' },
    },
  ]);
  expect(() => statLines("Permission denied\n")).toThrow("is not a table");
});
