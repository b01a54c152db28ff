import { expect, test } from "vitest";
import type { HostStatus } from "../../../cli/hosts/ask.ts";
import { driftsOf, unknownsOf, verdictOf } from "../../../cli/hosts/drift.ts";
import { formatStatus, formatUnknown } from "../../../cli/hosts/formatStatus.ts";
import { HostReport } from "../../../contract/hostStatus.ts";
import type { PairOutputs } from "../../../contract/stackOutputs.ts";

const delivered = { haproxy1: "a".repeat(64), haproxy2: "b".repeat(64), db1: "c".repeat(64) };
const older = "0".repeat(64);
const pg: PairOutputs = {
  vip: "10.0.1.100",
  endpoints: { haproxy1: "10.0.1.20:8404", haproxy2: "10.0.1.21:8404" },
  statsUser: "stats",
  statsPassword: "",
  bundles: delivered,
};
const outputs = { pairs: { pg } };

type Part = Readonly<Record<string, unknown>>;
const report = (live: string, rest: Part): HostReport =>
  HostReport.parse({
    host: "some",
    bundle: { live, since: "2026-11-21T10:00:00Z", previous: [] },
    unfinished: null,
    edited: [],
    units: [{ unit: "some.service", active: "active", sub: "running", restarts: 0 }],
    node: null,
    pool: null,
    ...rest,
  });
const node = (rest: Part) => ({
  holder: false,
  virtualAddress: "10.0.1.100",
  haproxy: { version: "3.0.11", uptimeS: 1, connections: 1 },
  servers: [{ name: "pooler1", state: "UP", check: "L7OK", sessions: 0 }],
  ...rest,
});
const pooler = (reachable: boolean) => ({ unit: "pgbouncer@6432.service", port: 6432, reachable });
const pool = (rest: Part) => ({ postgres: true, poolers: [pooler(true)], ...rest });

/** A good stack whose hosts say something else. */
function hosts({ haproxy1, haproxy2, db1 }: { haproxy1?: Part; haproxy2?: Part; db1?: Part }): HostStatus[] {
  return [
    {
      host: "haproxy1",
      report: report(delivered.haproxy1, { node: node({ holder: true }), ...haproxy1 }),
    },
    { host: "haproxy2", report: report(delivered.haproxy2, { node: node({}), ...haproxy2 }) },
    { host: "db1", report: report(delivered.db1, { pool: pool({}), ...db1 }) },
  ];
}
const trouble = "no answer within 10 s";
/** A good stack of which some hosts do not say anything. */
const without = (...silent: readonly string[]): HostStatus[] =>
  hosts({}).map((one) => (silent.includes(one.host) ? { host: one.host, trouble } : one));
const live = (sha: string) => ({ bundle: { live: sha, since: null, previous: [] } });

test("a stack is good where one node holds the address and every host is on what the stack delivered", () => {
  expect(verdictOf(outputs, hosts({}))).toBe("good");
  expect(formatStatus(outputs, hosts({}))).toMatch(/^pg: 10\.0\.1\.100 is held by haproxy1\n/);
});

test("an edited file and a restarted daemon are shown and do not count as a problem", () => {
  const units = [{ unit: "haproxy.service", active: "active", sub: "running", restarts: 2 }];
  const told = hosts({ haproxy1: { units, edited: ["etc/haproxy/haproxy.cfg"] } });
  expect(verdictOf(outputs, told)).toBe("good");
  expect(formatStatus(outputs, told)).toContain("edited by hand: /etc/haproxy/haproxy.cfg");
  expect(formatStatus(outputs, told)).toContain("haproxy (restarted 2×)");
});

test("poolers for sessions are shown apart, and one that is down counts", () => {
  const forSessions = { unit: "pgbouncer@6435.service", port: 6435, forSessions: true };
  const told = (reachable: boolean) =>
    hosts({ db1: { pool: pool({ poolers: [pooler(true), { ...forSessions, reachable }] }) } });
  expect(formatStatus(outputs, told(true))).toContain("PostgreSQL answers, poolers 6432, for sessions 6435");
  expect([true, false].map((reachable) => verdictOf(outputs, told(reachable)))).toEqual(["good", "wrong"]);
});

test.for<[string, HostStatus[], string]>([
  ["an address that no node holds", hosts({ haproxy1: { node: node({}) } }), "is held by no node"],
  [
    "an address that two hold",
    hosts({ haproxy2: { node: node({ holder: true }) } }),
    "is held by haproxy1 and haproxy2 at once",
  ],
  [
    "a daemon that failed",
    hosts({
      db1: { units: [{ unit: "postgresql@17-main.service", active: "failed", sub: "failed", restarts: 0 }] },
    }),
    "postgresql@17-main failed",
  ],
  [
    "a haproxy that does not answer",
    hosts({ haproxy2: { node: node({ haproxy: null }) } }),
    "haproxy does not",
  ],
  [
    "a server that is down",
    hosts({
      haproxy2: {
        node: node({ servers: [{ name: "pooler1", state: "DOWN", check: "L4TOUT", sessions: 0 }] }),
      },
    }),
    "pooler1 DOWN",
  ],
  ["a dead PostgreSQL", hosts({ db1: { pool: pool({ postgres: false }) } }), "PostgreSQL does not answer"],
  [
    "a database elsewhere that no pooler reaches",
    hosts({
      db1: {
        pool: pool({
          postgres: null,
          database: { at: "db.example.com:5432", problem: "server login has been failing" },
        }),
      },
    }),
    "the database db.example.com:5432 does not answer (server login has been failing)",
  ],
  [
    "a dead pooler",
    hosts({ db1: { pool: pool({ poolers: [{ ...pooler(false), port: 6433 }] }) } }),
    "6433 refuses",
  ],
  [
    "an apply that was interrupted",
    hosts({ db1: { unfinished: { kind: "apply", to: older, startedAt: "2026-11-21T10:00:00Z" } } }),
    "an apply of 000000000000 was interrupted: npm run up repairs it",
  ],
  [
    "a rollback that was interrupted",
    hosts({ db1: { unfinished: { kind: "rollback", to: older, startedAt: "2026-11-21T10:00:00Z" } } }),
    "a rollback to 000000000000 was interrupted: npm run up repairs it",
  ],
  [
    "a host that was rolled back",
    hosts({ haproxy1: live(older) }),
    "000000000000 is live, not what the stack delivered (aaaaaaaaaaaa): npm run up repairs it",
  ],
])("%s counts as a problem, and the status shows it", ([, asked, told]) => {
  expect(verdictOf(outputs, asked)).toBe("wrong");
  expect(formatStatus(outputs, asked)).toContain(told);
});

test.for<[string, HostStatus[], readonly string[]]>([
  [
    "a backup that does not answer",
    without("haproxy2"),
    ["pg: 10.0.1.100 is held by haproxy1, haproxy2 is unknown\n", `haproxy2 is unknown: ${trouble}`],
  ],
  [
    "a holder that does not answer",
    without("haproxy1"),
    ["pg: 10.0.1.100 has an unknown holder: haproxy1 is unknown\n", `haproxy1 is unknown: ${trouble}`],
  ],
  [
    "a pair that does not answer",
    without("haproxy1", "haproxy2"),
    ["has an unknown holder: haproxy1 and haproxy2 are unknown\n"],
  ],
  ["a pool that does not answer", without("db1"), ["is held by haproxy1\n", `db1 is unknown: ${trouble}`]],
  [
    "a node that cannot read its own bundle",
    hosts({ haproxy1: { node: null, problems: ["its record was changed"] } }),
    ["has an unknown holder: haproxy1 is unknown\n", "  unknown: its record was changed"],
  ],
  [
    "a systemd that does not answer",
    hosts({ db1: { units: [{ unit: "some.service", active: "unknown", sub: "", restarts: 0 }] } }),
    ["some unknown"],
  ],
])("%s makes the stack unknown, neither good nor wrong, and the status shows it", ([, asked, told]) => {
  expect(verdictOf(outputs, asked)).toBe("unknown");
  for (const words of told) expect(formatStatus(outputs, asked)).toContain(words);
  expect(formatStatus(outputs, asked)).not.toContain("no node");
});

test("of poolers whose database is elsewhere the status names that database, and no PostgreSQL of theirs", () => {
  const database = { at: "db.example.com:5432", problem: null };
  const external = hosts({ db1: { pool: pool({ postgres: null, database }) } });
  expect(verdictOf(outputs, external)).toBe("good");
  expect(formatStatus(outputs, external)).toContain(
    "  pool     the database db.example.com:5432 answers, poolers 6432",
  );
  const alone = hosts({ db1: { pool: pool({ poolers: [] }) } });
  expect(formatStatus(outputs, alone)).toMatch(/ {2}pool {5}PostgreSQL answers$/m);
});

test("what is wrong for certain counts more than what is unknown", () => {
  const dead = hosts({ db1: { pool: pool({ postgres: false }) } });
  expect(verdictOf(outputs, [...without("haproxy2").slice(0, 2), ...dead.slice(2)])).toBe("wrong");
});

test("a warning of a host is shown and does not count as a problem", () => {
  const told = hosts({
    db1: { warnings: ["low on disk space at /, 1 MB of 8000 MB left: remove old logs"] },
  });
  expect(verdictOf(outputs, told)).toBe("good");
  expect(formatStatus(outputs, told)).toContain("  warning: low on disk space at /, 1 MB of 8000 MB left");
});

test("connections are shown with the processes that a reload left", () => {
  const worker = (pid: number, old: boolean, connections: number | null) => ({
    pid,
    old,
    reloads: 0,
    connections,
  });
  const workers = [worker(603, false, 7), worker(591, true, 3), worker(580, true, null)];
  const haproxy = { version: "3.0.11", uptimeS: 1, connections: 10, workers };
  expect(formatStatus(outputs, hosts({ haproxy1: { node: node({ holder: true, haproxy }) } }))).toContain(
    "  haproxy  10 connections in 3 processes, left by reloads 591: 3, 580: unknown\n",
  );
});

test("an apply that runs now is waited for, not brought back", () => {
  const running = hosts({
    db1: { unfinished: { kind: "apply", to: older, startedAt: "2026-11-21T10:00:00Z", running: true } },
  });
  expect(formatStatus(outputs, running)).toMatch(/an apply of 000000000000 runs now$/m);
});

test("a limit that is reached makes the stack wrong, and the status says full with the figure and the remedy", () => {
  const limit = "PostgreSQL has 197 of 197 connections, and further clients are refused: end idle ones";
  const full = hosts({ db1: { full: [limit] } });
  expect(verdictOf(outputs, full)).toBe("wrong");
  expect(formatStatus(outputs, full)).toContain(`\n  full: ${limit}\n`);
});

test("a daemon that reloads now is not a stopped one", () => {
  const units = [{ unit: "haproxy.service", active: "reloading", sub: "reload", restarts: 0 }];
  const reloading = hosts({ haproxy1: { units } });
  expect(verdictOf(outputs, reloading)).toBe("good");
  expect(driftsOf(reloading, delivered)).toEqual([]);
});

test("a host with stopped daemons has drifted, and they are named; what systemd does not tell is no drift", () => {
  const unit = (name: string, active: string) => ({ unit: name, active, sub: "", restarts: 0 });
  const stopped = hosts({
    haproxy1: { units: [unit("haproxy.service", "unknown")] },
    db1: {
      units: [
        unit("postgresql@17-main.service", "active"),
        unit("pgbouncer@6432.service", "inactive"),
        unit("pgbouncer@6433.service", "failed"),
      ],
    },
  });
  expect(driftsOf(stopped, delivered)).toEqual([
    { host: "db1", reason: "pgbouncer@6432.service is inactive, pgbouncer@6433.service is failed" },
  ]);
});

test("a host that does not answer, or not with its whole status, is told with the reason, in a line each", () => {
  const partly = hosts({ db1: { problems: ["its history.json cannot be read"] } });
  const asked = [...without("haproxy1").slice(0, 2), ...partly.slice(2)];
  expect(unknownsOf(asked).map(formatUnknown)).toEqual([
    `haproxy1 is unknown: ${trouble}`,
    "db1 is unknown: its history.json cannot be read",
  ]);
  expect(unknownsOf(hosts({}))).toEqual([]);
});

test("hosts have drifted whose live bundle or last transaction is another than the stack's, and none else", () => {
  const moved = {
    haproxy2: live(older),
    db1: { unfinished: { kind: "rollback", to: older, startedAt: "2026-11-21T10:00:00Z" } },
  };
  const drifts = driftsOf(hosts(moved), delivered);
  expect(drifts.map(({ host }) => host)).toEqual(["haproxy2", "db1"]);
});
