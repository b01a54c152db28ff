import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { budgets } from "../drill/budgets.ts";
import { formatResult } from "../drill/formatResult.ts";
import { judge } from "../drill/measure/judge.ts";
import { parseProbe } from "../drill/observe/startProber.ts";
import { parseAddressLine } from "../drill/observe/watchAddress.ts";

const drill = (...args: string[]) =>
  execa(process.execPath, [join(import.meta.dirname, "../drill/main.ts"), ...args], { reject: false });

describe("the drill command", () => {
  test("without a kind lists every kind with its budget", async () => {
    const { exitCode, stdout } = await drill();
    expect(exitCode).toBe(0);
    for (const [kind, { outageMs }] of Object.entries(budgets)) {
      expect(stdout).toMatch(new RegExp(`^  ${kind} +${outageMs} ms  \\S`, "m"));
    }
  });

  test.each([
    ["an unknown kind", ["earthquake"], "Kinds are host-loss, polite"],
    ["no rounds", ["polite", "--rounds", "0"], "whole number"],
    ["an unknown option", ["--loud"], "unknown option"],
  ])("answers %s with status 2 and what to do", async (_, args, sentence) => {
    const { exitCode, stderr } = await drill(...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(sentence) });
  });
});

describe("what the observers tell", () => {
  test("a probe is its start, its end and what went wrong", () => {
    expect(parseProbe("10.5 11.25 ok")).toEqual({ startMs: 10.5, endMs: 11.25 });
    expect(parseProbe("10 1010 timeout")).toEqual({ startMs: 10, endMs: 1010, failure: "timeout" });
  });

  test("an address comes and goes with the kernel's own time", () => {
    const added =
      "[2026-11-21T09:11:25.349964] 2: host0    inet 10.0.1.100/32 scope global host0\\       valid_lft forever";
    const unixMs = Date.UTC(2026, 10, 21, 9, 11, 25) + 349.964;
    expect(parseAddressLine(added)).toEqual({ address: "10.0.1.100", present: true, unixMs });
    expect(parseAddressLine(added.replace("2:", "Deleted 2:"))).toEqual({
      address: "10.0.1.100",
      present: false,
      unixMs,
    });
    expect(parseAddressLine("")).toBeUndefined();
  });
});

describe("a drill's report for people", () => {
  const round = {
    outageMs: 210.44,
    slowestAnswerMs: 3,
    twoHoldersMs: 0,
    noHolderMs: 205,
    failures: { timeout: 21 },
    faults: [],
  };

  test("is a table and one sentence", () => {
    const text = formatResult(judge("host-loss", [round], budgets["host-loss"], 10));
    expect(text).toContain("host-loss, 1 round\n");
    expect(text).toMatch(/outage +210\.4 +210\.4 +210\.4\n/);
    expect(text).toContain("failed connections: 21 (timeout 21)\n");
    expect(text).toContain("Within budget");
  });

  test("names what missed its budget", () => {
    const text = formatResult(judge("polite", [round], budgets.polite, 10));
    expect(text).toContain("Budget missed: outage (p95) 210.4 ms, budget 50 ms.");
  });
});
