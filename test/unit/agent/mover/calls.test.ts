import { expect, test } from "vitest";
import { openCalls } from "../../../../agent/address/mover/calls.ts";
import { Ec2Error } from "../../../../agent/aws/ec2Error.ts";
import { openLog } from "../../../../agent/daemon/log.ts";

function opened() {
  const lines: string[] = [];
  const counted: string[] = [];
  const log = openLog((line) => lines.push(line));
  const calls = openCalls({ log, random: () => 0.5, count: (code) => counted.push(code) });
  return { calls, lines, counted };
}

test("a call that AWS refuses is repeated ever more seldom, up to every ten seconds", () => {
  const { calls } = opened();
  const refused = new Ec2Error("refused", "UnauthorizedOperation", "no");
  const waits = [1, 2, 3, 4, 5].map(() => calls.failed("move", refused));
  expect(waits).toEqual([2000, 4000, 8000, 10_000, 10_000]);
  expect(calls.failed("move", new Ec2Error("unavailable", "Unavailable", "busy"))).toBe(200);
  expect(calls.failed("move", refused)).toBe(2000);
});

test("this node's own cap is waited for, counts as no failure of the API, and hides no failure that led to it", () => {
  const { calls, counted } = opened();
  const capped = new Ec2Error("unavailable", "OwnCap", "capped", 700);
  expect(calls.failed("move", capped)).toBe(700);
  expect([calls.problem(), counted]).toEqual(["capped", []]);
  calls.failed("move", new Ec2Error("unavailable", "Unavailable", "busy"));
  calls.failed("move", capped);
  expect([calls.problem(), counted]).toEqual(["busy", ["Unavailable"]]);
});

test("a failure is over when a call works, and when none is due any more", () => {
  const { calls, lines } = opened();
  const fail = () => calls.failed("move", new Ec2Error("unavailable", "Unavailable", "busy"));
  fail();
  calls.worked("move");
  fail();
  calls.failed("follow", new Ec2Error("refused", "UnauthorizedOperation", "no"));
  calls.notDue("move");
  expect(calls.problem()).toBe("no");
  calls.notDue("follow");
  expect(calls.problem()).toBeNull();
  expect(lines.map((line) => line.slice(3).replace(/ event=.*/, ""))).toEqual([
    "EC2 API: busy",
    "EC2 API: works again",
    "EC2 API: busy",
    "EC2 API: no",
    "EC2 API: nothing is asked of it now",
  ]);
});
