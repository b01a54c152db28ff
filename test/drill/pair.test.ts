import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kindNames } from "../../drills/budgets.ts";
import { holdLock } from "../../drills/clients/lock.ts";
import { startWriter } from "../../drills/clients/writer.ts";
import { kinds } from "../../drills/kinds/kinds.ts";
import { run } from "../../drills/machine.ts";
import { transactionsBefore } from "../../drills/observe/transactions.ts";
import { type DrilledPair, drilledPair, postgresOf } from "../../drills/pair.ts";
import { nowMs } from "../../drills/time.ts";
import { type TestStack, testStack } from "../harness/testStack.ts";
import { losesNothing } from "./losesNothing.ts";
import { realTimeTests } from "./realTime.ts";
import { seesNothing } from "./seesNothing.ts";
import { withinBudget } from "./withinBudget.ts";

let stack: TestStack;
let pair: DrilledPair;

beforeAll(async () => {
  stack = await testStack("t-drill", { lab: { internet: undefined }, pair: { egress: undefined } });
  pair = drilledPair(stack.topology, await stack.outputs());
});

afterAll(() => stack?.destroy());

seesNothing(() => pair, ["answer", "query"]);

describe("what random faults may do to a database", () => {
  const signal = () => AbortSignal.timeout(30_000);

  test("a transaction with locks that a client leaves open is found, until it ends", async () => {
    const lock = await holdLock(pair, signal());
    const found = () => transactionsBefore(pair, nowMs());
    await expect.poll(found, { timeout: 5000 }).toEqual([expect.stringContaining("in a transaction for")]);
    lock.close();
    await expect.poll(found, { timeout: 5000 }).toEqual([]);
  });

  test("acknowledged rows that are gone are found, each once", async () => {
    const writer = await startWriter(pair, signal());
    try {
      await expect
        .poll(async () => (await writer.check()).acknowledged, { timeout: 5000 })
        .toBeGreaterThan(20);
      const database = new URL(pair.databaseUrl).pathname.slice(1);
      const remove = [
        "psql",
        "--no-psqlrc",
        `--dbname=${database}`,
        "--command=delete from hapair_chaos where id < 10",
      ];
      await run(pair.lab, postgresOf(pair), ["runuser", "-u", "postgres", "--", ...remove]);
      const { lost } = await writer.check();
      expect(lost.length).toBeGreaterThan(0);
      expect(lost.filter((id) => id >= 10)).toEqual([]);
      expect((await writer.check()).lost).toEqual([]);
    } finally {
      await writer.close();
    }
  });
});

describe("clients see no more than the budget", () =>
  withinBudget(
    () => pair,
    kindNames.filter((kind) => kinds[kind].needs === undefined && kinds[kind].ask !== "egress"),
  ));

describe("keepalived in real time", () => realTimeTests(() => pair));

describe("random faults, one and two at once, lose no acknowledged row and leave no lock, and the pair recovers", () =>
  losesNothing(() => pair));
