import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { journalLine, openLog } from "../../../../agent/daemon/log.ts";
import { healthLogLine, openReporter } from "../../../../agent/egress/report/reporter.ts";
import { groupOf } from "../election/electionFixtures.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";

const group = groupOf(["wg1", "wg2", "warp"]);

test("a line of the log begins with the local time in brackets", () => {
  expect(
    healthLogLine(new Date(2025, 9, 18, 23, 11, 42), "Backend 18181 is degraded (request-timeout)"),
  ).toBe("[2025-10-18 23:11:42] Backend 18181 is degraded (request-timeout)");
});

test("each event is one line in the log named by the group's client port, and one in the journal", () => {
  using folder = scratchFolder();
  const journal: string[] = [];
  const reporter = openReporter(
    folder.path,
    openLog((line) => journal.push(line)),
  );
  reporter.event(group, {
    kind: "state",
    server: "wg1",
    from: "online",
    to: "degraded",
    cause: "request-timeout",
  });
  reporter.event(group, { kind: "switch", from: "wg1", to: "wg2", why: "failed" });
  reporter.event(group, { kind: "flap", server: "wg1", failures: 2, holdDownMs: 20_000 });
  reporter.everywhere([group], "HAProxy was reloaded or restarted", { event: "worker", pid: 7 });
  const log = readFileSync(join(folder.path, "haproxy_health_7891.log"), "utf8").trimEnd().split("\n");
  expect(log.map((line) => line.replace(/^\[\d{4}(-\d\d){2} \d\d(:\d\d){2}\] /, ""))).toEqual([
    "Backend 18181 is degraded (request-timeout)",
    "Switched from 18181 to 18182 (the previous one failed)",
    "Backend 18181 failed again (2 times): not preferred for 20 s",
    "HAProxy was reloaded or restarted",
  ]);
  expect(journal).toEqual([
    "<4>Backend 18181 is degraded (request-timeout) event=state group=main server=wg1 from=online to=degraded cause=request-timeout",
    "<5>Switched from 18181 to 18182 (the previous one failed) event=switch group=main from=wg1 to=wg2 why=failed",
    "<4>Backend 18181 failed again (2 times): not preferred for 20 s event=flap group=main server=wg1 failures=2",
    "<5>HAProxy was reloaded or restarted event=worker pid=7",
  ]);
});

test("a rotated log continues in a new file without a signal", () => {
  using folder = scratchFolder();
  const reporter = openReporter(
    folder.path,
    openLog(() => {}),
  );
  const path = join(folder.path, "haproxy_health_7891.log");
  reporter.event(group, { kind: "switch", from: null, to: "wg1", why: "first" });
  renameSync(path, `${path}.1`);
  reporter.event(group, { kind: "switch", from: "wg1", to: "wg2", why: "better" });
  expect(readFileSync(`${path}.1`, "utf8")).toContain("to 18181");
  expect(readFileSync(path, "utf8")).toContain("to 18182");
});

test("a log that cannot be written is reported once in the journal and stops nothing", () => {
  const journal: string[] = [];
  const reporter = openReporter(
    "/nonexistent",
    openLog((line) => journal.push(line)),
  );
  for (let round = 0; round < 3; round += 1)
    reporter.event(group, { kind: "switch", from: null, to: "wg1", why: "first" });
  expect(journal.filter((line) => line.startsWith("<3>log: ENOENT"))).toHaveLength(1);
  expect(journal.filter((line) => line.startsWith("<5>Switched"))).toHaveLength(3);
});

test("a trouble is logged when it begins and when it is over", () => {
  const journal: string[] = [];
  const reporter = openReporter(
    "/nonexistent",
    openLog((line) => journal.push(line)),
  );
  reporter.trouble("haproxy", null);
  for (let round = 0; round < 3; round += 1) reporter.trouble("haproxy", "gone");
  reporter.trouble("haproxy", null);
  expect(journal).toEqual(["<3>haproxy: gone event=trouble", "<5>haproxy: works again event=trouble-over"]);
});

test("a line of the journal stays one line, and its values stay separate", () => {
  expect(journalLine("info", "two\nlines", { a: 'x y="1"', b: null, c: "" })).toBe(
    '<6>two lines a="x y=\\"1\\"" c=""',
  );
});
