import { expect, test } from "vitest";
import { assertRunning, drilledPair } from "../../../drills/pair.ts";
import { restorations } from "../../../drills/restorations.ts";
import { runDrill } from "../../../drills/runDrill.ts";
import { waitUntil } from "../../../drills/time.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { quickEgress } from "../../drill/quickEgress.ts";
import { labConfig, labWithPair } from "../fixtures.ts";

test("what a round has to restore is restored in reverse order, each once, also where another step fails", async () => {
  const { add, undo } = restorations();
  const done: string[] = [];
  add(() => void done.push("first"));
  add(() => Promise.reject(new Error("the cable is gone")));
  add(async () => void done.push("last"));
  expect(await undo()).toEqual(["not restored: the cable is gone"]);
  expect(await undo()).toEqual([]);
  expect(done).toEqual(["last", "first"]);
});

test("a wait ends when there is no problem left", async () => {
  const sentences = ["no holder", "two holders", undefined];
  await waitUntil(() => sentences.shift(), 1000, new AbortController().signal, 1);
  expect(sentences).toEqual([]);
});

test("a wait that takes too long names the last problem", async () => {
  const wait = waitUntil(() => "no holder", 10, new AbortController().signal, 1);
  await expect(wait).rejects.toThrow("no holder, still after 0.01 s");
});

test("an interruption ends a wait with its reason", async () => {
  const wait = waitUntil(() => "no holder", 10_000, AbortSignal.abort(new Error("interrupted")), 1);
  await expect(wait).rejects.toThrow("interrupted");
});

test("a stack that is not up is reported, with the command that brings it up", () => {
  const topology = parseTopology({ ...labConfig(), lab: { name: "never-made" } });
  expect(() => assertRunning(topology, "lab")).toThrow(
    "the stack lab is not up (not running: db1, haproxy1, haproxy2): npm start",
  );
});

const outputs = {
  ssh: {},
  pairs: {
    pg: {
      vip: "10.0.1.100",
      endpoints: {},
      databaseUrl: "postgresql://",
      statsUser: "",
      statsPassword: "",
      bundles: {},
    },
  },
};

test("a stack without egress says so before anything fails on purpose", async () => {
  const pair = drilledPair(parseTopology(labWithPair({ egress: undefined }, { lab: undefined })), outputs);
  const drill = runDrill("egress-refused", pair, { rounds: 1, signal: new AbortController().signal });
  await expect(drill).rejects.toThrow("this stack has no egress to drill");
});

test("the stack of the tests has the shipped proxies and checks, and an agent with short intervals", () => {
  const shipped = parseTopology(labConfig()).pairs[0]?.egress?.groups[0];
  const quick = drilledPair(parseTopology(labWithPair(quickEgress().pair ?? {})), outputs).egress;
  expect(quick?.servers.map(({ name }) => name)).toEqual(["wg1", "wg2", "warp"]);
  expect(quick).toMatchObject({
    port: shipped?.port,
    probe: { intervalMs: 1000 },
    hysteresis: { dwellS: 3 },
  });
});

test.each([
  ["pool-machine-loss", "give its pair two pool.machines"],
  ["node-loss-with-poolers", "give its pair pool.on: nodes"],
  ["ec2-host-loss", "npm test -- ec2 drills it in a lab that plays AWS"],
  ["route-failover", "give its pair edge.domains and routes"],
] as const)(
  "%s on a pair of another shape says which it needs, before anything fails",
  async (kind, remedy) => {
    const pair = drilledPair(parseTopology(labConfig()), outputs);
    const drill = runDrill(kind, pair, { rounds: 1, signal: new AbortController().signal });
    await expect(drill).rejects.toThrow(`needs another pair than this stack's: ${remedy}`);
  },
);
