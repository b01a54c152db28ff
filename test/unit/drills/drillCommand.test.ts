import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { budgets, kindNames } from "../../../drills/budgets.ts";
import { parseProbe } from "../../../drills/clients/prober.ts";
import { exitOf, wordOf } from "../../../drills/clients/throughProxy.ts";
import { formatResult } from "../../../drills/format.ts";
import { kinds } from "../../../drills/kinds/kinds.ts";
import { judge } from "../../../drills/measure/judge.ts";
import { sumOfMetric } from "../../../drills/observe/daemons.ts";
import { ownerFaults } from "../../../drills/observe/owners.ts";
import { parseAddressLine } from "../../../drills/observe/watchAddress.ts";
import { remedyOf } from "../../../drills/shapes.ts";

const drill = (...args: string[]) =>
  execa(process.execPath, [join(import.meta.dirname, "../../../drills/main.ts"), ...args], { reject: false });

describe("the drill command", () => {
  test("without a kind lists every kind with its budget", async () => {
    const { exitCode, stdout } = await drill();
    expect(exitCode).toBe(0);
    for (const [kind, { outageMs }] of Object.entries(budgets)) {
      expect(stdout).toMatch(new RegExp(`^  ${kind} +${outageMs} ms  \\S`, "m"));
    }
  });

  test("its list ends with the random faults, and their help names --seconds and --seed", async () => {
    const { stdout } = await drill();
    expect(stdout).toMatch(/^ {2}chaos +10000 ms {2}random faults, .*$/m);
    const { exitCode, stdout: help } = await drill("chaos", "--help");
    expect(exitCode).toBe(0);
    expect(help).toMatch(/--seconds .*--seed .*--json /s);
  });

  test("its list says where the kinds are drilled that the shipped stack cannot have", async () => {
    const { stdout } = await drill();
    const needing = kindNames.filter((kind) => kinds[kind].needs !== undefined);
    expect(needing.length).toBeGreaterThan(10);
    for (const kind of needing)
      expect(stdout).toMatch(new RegExp(`^  ${kind} .*\\(${remedyOf(kinds[kind].needs ?? "ec2")}\\)$`, "m"));
  });

  test.each([
    ["an unknown kind", ["earthquake"], "Kinds are host-loss, polite"],
    ["no rounds", ["polite", "--rounds", "0"], "whole number"],
    ["an unknown option", ["--loud"], "unknown option"],
    ["details of nothing", ["polite", "--details"], "--details goes with --json"],
    ["random faults for no time", ["chaos", "--seconds", "0"], "whole number"],
    ["a seed that is no number", ["chaos", "--seed", "0x7"], "whole number"],
    ["rounds of random faults", ["chaos", "--rounds", "2"], "no --rounds"],
    ["details of no JSON", ["chaos", "--details"], "--details goes with --json"],
  ])("answers %s with status 2 and what to do", async (_, args, sentence) => {
    const { exitCode, stderr } = await drill(...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(sentence) });
  });
});

test("the drill command's help names --json and --details", async () => {
  const { exitCode, stdout } = await drill("--help");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/--json .*--details /s);
});

describe("what the observers report", () => {
  test("one owner is right where AWS and the agents name the same node", () => {
    expect(ownerFaults({ byAws: ["a"], byAgents: ["a"] })).toEqual([]);
  });

  test.each([
    ["nobody", [], [], "nobody, and the agents find it at nobody"],
    ["two interfaces", ["a", "b"], ["a"], "a and b, and the agents find it at a"],
    ["an agent too many", ["a"], ["a", "b"], "a, and the agents find it at a and b"],
    ["another node", ["a"], ["b"], "a, and the agents find it at b"],
  ])("%s that has the address at the end of a round is a fault", (_, byAws, byAgents, sentence) => {
    expect(ownerFaults({ byAws, byAgents })).toEqual([`at the end AWS gives the address to ${sentence}`]);
  });

  test("a probe is its start, its end and what went wrong", () => {
    expect(parseProbe("10.5 11.25 ok")).toEqual({ startMs: 10.5, endMs: 11.25 });
    expect(parseProbe("10 1010 timeout")).toEqual({ startMs: 10, endMs: 1010, failure: "timeout" });
  });

  test("a probe through a proxy has its exit", () => {
    expect(parseProbe("10 12 ok 10.0.1.41")).toEqual({ startMs: 10, endMs: 12, exit: "10.0.1.41" });
  });

  test("an exit is the complete body of an answer, however its packets are cut", () => {
    const answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n10.0.1.41\n";
    for (let length = 0; length < answer.length; length += 1)
      expect(exitOf(answer.slice(0, length))).toBeUndefined();
    expect(exitOf(answer)).toBe("10.0.1.41");
  });

  test.each([
    [new Error("Socket closed"), "closed"],
    [new Error("Socks5 proxy rejected connection - ConnectionRefused"), "ConnectionRefused"],
    [Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }), "ECONNRESET"],
  ])("what went wrong is one word (%s)", (error, word) => {
    expect(wordOf(error)).toBe(word);
  });

  test("the agent's switches are the sum over groups and reasons, and a missing metric is an error", () => {
    const name = "hapair_egress_switches_total";
    const head = `# TYPE ${name} counter\n`;
    expect(sumOfMetric(head, name)).toBe(0);
    const samples = `${name}{group="main",why="failed"} 2\n${name}{group="main",why="better"} 1\n`;
    expect(sumOfMetric(`${head}${samples}other{why="failed"} 7\n`, name)).toBe(3);
    expect(() => sumOfMetric("", name)).toThrow(name);
  });

  test("an address comes and goes with the kernel's own time", () => {
    const added =
      "[2026-11-21T09:11:25.349964] 2: host0    inet 10.0.1.100/32 scope global host0\\       valid_lft forever";
    const unixMs = Date.UTC(2026, 10, 21, 9, 11, 25) + 349.964;
    expect(parseAddressLine(added)).toEqual({ address: "10.0.1.100", assigned: true, unixMs });
    expect(parseAddressLine(added.replace("2:", "Deleted 2:"))).toEqual({
      address: "10.0.1.100",
      assigned: false,
      unixMs,
    });
    expect(parseAddressLine("")).toBeUndefined();
  });
});

describe("a drill's report for people", () => {
  const often = { intervalMs: 10, promptMs: 20 };
  const round = {
    outageMs: 60.44,
    slowestAnswerMs: 3,
    longestGapMs: 12,
    moves: 1,
    twoHoldersMs: 0,
    noHolderMs: 55,
    failures: { timeout: 21 },
    faults: [],
  };

  test("is a table and one sentence", () => {
    const text = formatResult(judge("host-loss", [round], budgets["host-loss"], often));
    expect(text).toContain("host-loss, 1 round\n");
    expect(text).toMatch(/outage +60\.4 +60\.4 +60\.4\n/);
    expect(text).toContain("failed connections: 21 (timeout 21)\n");
    expect(text).toContain("Within budget");
  });

  test("counts the long connections", () => {
    const tunnels = { opened: 200, ended: 100, lost: 0 };
    const text = formatResult(
      judge("egress-flap", [{ ...round, tunnels, switches: 2 }], budgets["egress-flap"], often),
    );
    expect(text).toContain("long connections: 200 held, 100 ended with what failed, 0 lost elsewhere\n");
    expect(text).toContain("switches of preference: 2\n");
  });

  test("says where two holders cannot be avoided", () => {
    const parted = { ...round, twoHoldersMs: 5000, oneHolderAfterMs: 80, lateClients: 0, noHolderMs: 0 };
    const text = formatResult(judge("partition", [parted], budgets.partition, often));
    expect(text).toContain("two holders: until the repair the nodes do not hear each other");
    expect(text).toContain("Within budget");
    expect(formatResult(judge("polite", [round], budgets.polite, often))).not.toContain("two holders:");
  });

  test("says that a budget was missed", () => {
    const text = formatResult(judge("polite", [round], budgets.polite, often));
    expect(text).toContain("Budget missed.");
  });
});
