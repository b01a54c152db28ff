import { expect, test } from "vitest";
import { workerRows } from "../../../../agent/haproxy/info.ts";
import { readWorkers } from "../../../../agent/haproxy/workers.ts";

/** `show proc` of haproxy 3.0.11 after two reloads. */
const procs = (...old: readonly number[]) =>
  [
    "#<PID>          <type>          <reloads>       <uptime>        <version>      ",
    "1               master          2 [failed: 0]   0d00h00m39s     3.0.11",
    "# workers",
    "603             worker          0               0d00h00m00s     3.0.11",
    "# old workers",
    ...old.map(
      (pid, index) => `${pid}             worker          ${index + 1}               0d00h00m04s     3.0.11`,
    ),
    "# programs",
    "700             dataplane       0               0d00h00m04s     3.0.11",
    "",
  ].join("\n");
/** `show stat` of a worker, cut to one server. */
const stat = (sessions: number) =>
  `# pxname,svname,scur,slim,status,check_status,\npoolers,BACKEND,${sessions},,UP,,\npoolers,a,${sessions},,UP,L7OK,\n`;
const info = (pid: number, connections: number) =>
  `Version: 3.0.11\nPid: ${pid}\nUptime_sec: 2\nCurrConns: ${connections}\n`;

/** A master that answers from a table; each command takes a second of its clock. */
function master(answers: Readonly<Record<string, string | readonly string[]>>) {
  const asked: string[] = [];
  return {
    asked,
    monotonicMs: () => asked.length * 1000,
    ask: async (command: string) => {
      const answer = answers[command];
      const before = asked.filter((one) => one === command).length;
      asked.push(command);
      const now = typeof answer === "string" ? answer : answer?.[Math.min(before, answer.length - 1)];
      if (now === undefined) throw new Error("no answer within 1 s");
      return now;
    },
  };
}

test("every worker is read with its connections, those left by reloads with their servers, and no other program", async () => {
  const found = await readWorkers(
    master({
      "show proc": procs(591, 580),
      "@!603 show info": info(603, 7),
      "@!591 show info": info(591, 3),
      "@!591 show stat": stat(3),
      "@!580 show info": info(580, 1),
      "@!580 show stat": stat(1),
    }),
  );
  const left = { backend: "poolers", server: "a", status: "UP", check: "L7OK", limit: 0 };
  expect(found).toEqual({
    workers: [
      { pid: 603, old: false, reloads: 0, connections: 7 },
      { pid: 591, old: true, reloads: 1, connections: 3 },
      { pid: 580, old: true, reloads: 2, connections: 1 },
    ],
    left: [
      { ...left, sessions: 3 },
      { ...left, sessions: 1 },
    ],
    problems: [],
  });
});

test("the connections of a worker that does not answer, or answers nonsense, are unknown and not none", async () => {
  const found = await readWorkers(
    master({
      "show proc": procs(591, 580),
      "@!603 show info": info(603, 7),
      "@!591 show info": "nonsense\n",
    }),
  );
  expect(found.workers.map(({ connections }) => connections)).toEqual([7, null, null]);
  expect(found.problems).toEqual([
    expect.stringMatching(/process 591 are unknown: .*nonsense/),
    "the connections of haproxy's process 580 are unknown: no answer within 1 s",
  ]);
});

test("a worker that ends while it is asked is left out", async () => {
  const gone = master({ "show proc": [procs(591), procs()], "@!603 show info": info(603, 7) });
  expect(await readWorkers(gone)).toMatchObject({ workers: [{ pid: 603, connections: 7 }], problems: [] });
});

test("thirty workers that hang keep the status waiting for seconds, not for half a minute", async () => {
  const hanging = master({ "show proc": procs(...Array.from({ length: 30 }, (_, index) => 1000 + index)) });
  const { workers } = await readWorkers(hanging);
  expect(workers).toHaveLength(31);
  expect(hanging.asked.length).toBeLessThan(12);
});

test.each(["", "Permission denied\n", "1 master\n"])("%j is no list of workers", (answer) => {
  expect(() => workerRows(answer)).toThrow(expect.objectContaining({ kind: "garbage" }));
});
