import { mkdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changesTo, keepFixed } from "../../../../agent/routes/fixed.ts";
import { RouteProblem } from "../../../../agent/routes/problem.ts";
import type { Change, Transaction } from "../../../../contract/routes/change.ts";
import { configAgent, type Route, type StoredRoute } from "../../../../contract/routes/route.ts";
import { eventually } from "../daemon/watchFixtures.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";
import { routesConfig, routeTo, routeWith } from "./routeFixtures.ts";

const fixed = (host: string, target = "http://10.0.9.5:3000"): Route =>
  routeWith({ host, agent: configAgent, target });
const wordsOf = (changes: readonly Change[]) =>
  changes.map((change) => (change.do === "put" ? `put ${change.route.host}` : `remove ${change.host}`));

let scratch: ReturnType<typeof scratchFolder>;
/** The pair's table, and what a test makes of the database. */
let table: Map<string, StoredRoute>;
let version: number;
let database: string | null;
let refusal: RouteProblem | undefined;
let written: string[][];
beforeEach(() => {
  scratch = scratchFolder();
  for (const node of ["haproxy1", "haproxy2"]) mkdirSync(`${scratch.path}/${node}`);
  table = new Map();
  version = 0;
  database = null;
  refusal = undefined;
  written = [];
});
afterEach(() => scratch[Symbol.dispose]());

async function write({ changes }: Transaction) {
  if (refusal !== undefined) throw refusal;
  written.push(wordsOf(changes));
  for (const change of changes) {
    version += 1;
    if (change.do === "put") table.set(change.route.host, { ...change.route, version });
    else table.delete(change.host);
  }
  return { version, appliedOn: [], pendingOn: [], changes: [] };
}

/** The agent of a node starts with this list. Resolves to how it is stopped once it is made, or says why not. */
async function start(
  node: string,
  list: readonly Route[],
  more: Partial<ReturnType<typeof routesConfig>> = {},
) {
  const states: (string | null)[] = [];
  let up: number | undefined;
  const config = { ...routesConfig(scratch.path), folder: `${scratch.path}/${node}`, ...more };
  const kept = keepFixed(
    { ...config, fixed: [...list] },
    {
      node: {
        begun: async () => {},
        table: () => ({ version, routes: table }),
        problem: () => ({ haproxy: null, store: database }),
      },
      writer: { write },
      audit: { changes: () => {}, action: () => {} },
      metrics: {
        set: (value: unknown) => {
          up = Number(value);
        },
      },
      onProblem: (problem) => states.push(problem),
    },
  );
  await eventually(
    () => up === 1 || states.length > 0,
    (isSo) => isSo,
  );
  return { stop: kept.stop, states, isUp: () => up === 1 };
}
async function startAndStop(...args: Parameters<typeof start>) {
  const { stop } = await start(...args);
  await stop();
}

describe("routes of the config", () => {
  it("are made, and those that the config has no more go, in one transaction", async () => {
    await startAndStop("haproxy1", [fixed("a.test"), fixed("b.test")]);
    await startAndStop("haproxy1", [fixed("b.test"), fixed("c.test")]);
    await startAndStop("haproxy1", []);
    expect(written).toEqual([
      ["put a.test", "put b.test"],
      ["put c.test", "remove a.test"],
      ["remove b.test", "remove c.test"],
    ]);
  });

  it("leave those of others alone, and change nothing where the other node has made them", async () => {
    const other = { ...routeTo("http://10.0.9.7", { host: "z.test" }), version: 1 };
    table.set(other.host, other);
    await startAndStop("haproxy1", [fixed("a.test")]);
    await startAndStop("haproxy2", [fixed("a.test")]);
    expect(written).toEqual([["put a.test"]]);
    expect(table.get("z.test")).toEqual(other);
  });

  it("of an older config are not put back by a node that restarts in the middle of a roll-out, or after a long absence", async () => {
    const [before, after] = [[fixed("a.test", "http://10.0.9.1")], [fixed("a.test", "http://10.0.9.2")]];
    for (const node of ["haproxy1", "haproxy2"]) await startAndStop(node, before);
    await startAndStop("haproxy2", after);
    await startAndStop("haproxy1", before);
    expect(table.get("a.test")?.target).toBe("http://10.0.9.2");
    await startAndStop("haproxy1", after);
    expect(written).toHaveLength(2);
  });

  it("come back with a bundle that goes back", async () => {
    const [before, after] = [[fixed("a.test")], [fixed("a.test"), fixed("b.test")]];
    for (const list of [before, after, before]) await startAndStop("haproxy1", list);
    expect(written).toEqual([["put a.test"], ["put b.test"], ["remove b.test"]]);
  });

  it("are made anew in another database", async () => {
    await startAndStop("haproxy1", [fixed("a.test")]);
    table.clear();
    const database = { ...routesConfig(scratch.path).database, host: "10.0.1.99" };
    await startAndStop("haproxy1", [fixed("a.test")], { database });
    expect(written).toHaveLength(2);
  });

  it("wait for the database, and for a host that another agent has, and the agent says why", async () => {
    database = "the database is away";
    const late = await start("haproxy1", [fixed("a.test")]);
    expect(late.isUp()).toBe(false);
    expect(late.states).toEqual(["the database is away"]);
    await late.stop();
    database = null;
    refusal = new RouteProblem("taken", "a.test is a route of another agent");
    const taken = await start("haproxy1", [fixed("a.test")]);
    expect(taken.states).toEqual(["a.test is a route of another agent"]);
    refusal = undefined;
    await eventually(taken.isUp, (isSo) => isSo);
    expect(taken.states).toEqual(["a.test is a route of another agent", null]);
    await taken.stop();
    expect(written).toEqual([["put a.test"]]);
  }, 20_000);

  it("without any and without a past change nothing", async () => {
    await startAndStop("haproxy1", []);
    expect(written).toEqual([]);
  });
});

it("a route whose options alone differ is put again, one that is the same is not", () => {
  const route = fixed("a.test");
  const routes = (stored: Route) => new Map([["a.test", { ...stored, version: 3 }]]);
  expect(changesTo([route], routes(route))).toEqual([]);
  const other = { ...route, options: { ...route.options, retries: 2 } };
  expect(wordsOf(changesTo([other], routes(route)))).toEqual(["put a.test"]);
});
