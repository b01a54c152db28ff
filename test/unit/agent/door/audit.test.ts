import { expect, test } from "vitest";
import { openLog } from "../../../../agent/daemon/log.ts";
import { openAudit } from "../../../../agent/routes/door/audit.ts";

test("a transaction of a thousand changes that is refused is one line, with their count", () => {
  const lines: string[] = [];
  const changes = Array.from({ length: 1000 }, (_, place) => ({
    ...{ do: "remove" as const, host: `h${place}`, agent: "shop" },
  }));
  const origin = { who: "app", from: "10.0.1.5", to: "10.0.1.20" };
  openAudit(openLog((line) => lines.push(line))).changes(changes, origin, { code: "taken" });
  expect(lines).toEqual([
    "<4>route h0 removed and 999 more changes: refused (taken) event=audit who=app from=10.0.1.5 changes=1000 result=taken",
  ]);
});

test.each([
  [{ code: "refused", made: 8, back: 9 }, "made as 8, taken back as 9 (refused)", "refused"],
  [
    { code: "probe-failed", made: 8, back: null },
    "made as 8, not known to be taken back (probe-failed)",
    "probe-failed",
  ],
])("a change that was committed and could not stay is told with its numbers: %j", (outcome, words, code) => {
  const lines: string[] = [];
  const origin = { who: "app", from: "10.0.1.5", to: "10.0.1.20" };
  const change = { do: "remove" as const, host: "h0", agent: "shop" };
  openAudit(openLog((line) => lines.push(line))).changes([change], origin, outcome);
  expect(lines).toEqual([
    `<4>route h0 removed: ${words} event=audit who=app from=10.0.1.5 change=remove host=h0 agent=shop result=${code}`,
  ]);
});
