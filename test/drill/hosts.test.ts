import { afterAll, beforeAll, describe, expect } from "vitest";
import { outputsOf } from "../../cli/engine/outputs.ts";
import { type DrilledPair, drilledPair } from "../../drills/pair.ts";
import { hostPackages } from "../../render/roles/roles.ts";
import { type BareLab, bareLab } from "../lab/existing/bareLab.ts";
import { withinBudget } from "./withinBudget.ts";

/** Machines that exist already, as the target `hosts` makes them a pair: with its defaults, such as TLS for SQL. */
let hosts: BareLab | undefined;
let pair: DrilledPair;

beforeAll(async () => {
  hosts = await bareLab("t-drill-hosts", hostPackages);
  const { exitCode, stderr } = await hosts.command("up", "hosts").ended;
  expect(exitCode, stderr).toBe(0);
  pair = drilledPair(hosts.topology(), await outputsOf(hosts.home, "hosts"), { name: hosts.lab });
});

afterAll(() => hosts?.remove());

describe("clients of a pair of existing hosts see no more than the lab's budget", () =>
  withinBudget(() => pair, ["host-loss", "polite", "haproxy-kill"]));
