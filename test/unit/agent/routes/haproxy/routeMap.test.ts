import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RouteMap } from "../../../../../agent/routes/haproxy/routeMap.ts";
import { eventually } from "../../daemon/watchFixtures.ts";
import { servedHaproxy } from "./mapFixtures.ts";

let bed: Awaited<ReturnType<typeof servedHaproxy>>;
const problems: (string | null)[] = [];
let reconciles = 0;
let map: RouteMap;
beforeEach(async () => {
  bed = await servedHaproxy();
  problems.length = 0;
  reconciles = 0;
  map = new RouteMap(
    { socket: bed.socket, file: bed.haproxy.file },
    {
      onProblem: (problem) => problems.push(problem),
      onServed: () => {},
      onReconciled: () => {
        reconciles += 1;
      },
    },
  );
});
afterEach(async () => {
  await map.stop();
  await bed[Symbol.asyncDispose]();
});

const one = new Map([["a.test", "plain|1"]]);
const put = (key: string, value: string | null) => ({ key, value });

describe("HAProxy's map", () => {
  test("has what it was given, and then each change when it counts", async () => {
    bed.stack.use(await bed.serve());
    map.start();
    await map.serveAll(one);
    expect(bed.haproxy.entries).toEqual({ "a.test": "plain|1" });
    await map.serve([put("b.test", "plain|2")], false);
    await map.serve([put("a.test", "plain|3")], false);
    expect(bed.haproxy.entries).toEqual({ "a.test": "plain|3", "b.test": "plain|2" });
    await map.serve([put("a.test", null)], false);
    expect(bed.haproxy.entries).toEqual({ "b.test": "plain|2" });
  });

  test("goes on as it is until anything is known of the routes", async () => {
    bed.stack.use(await bed.serve());
    bed.haproxy.reload({ "old.test": "plain|7" });
    map.start();
    await eventually(
      () => problems.length,
      (count) => count > 2,
    );
    await expect(map.serve([put("a.test", "plain|1")], false)).rejects.toThrow(/no routes are known/);
    expect(bed.haproxy.entries).toEqual({ "old.test": "plain|7" });
    expect(bed.haproxy.commands.filter((command) => !command.startsWith("get "))).toEqual([]);
  });

  test("changes at one moment where the changes belong together", async () => {
    bed.stack.use(await bed.serve());
    const seen = new Set<string>();
    map.start();
    await map.serveAll(one);
    bed.haproxy.onCommand = () => seen.add(Object.keys(bed.haproxy.entries).join(" "));
    const many = Array.from({ length: 500 }, (_, index) => put(`h${index}.test`, `plain|10.0.0.1|${index}`));
    await map.serve([put("a.test", null), ...many], true);
    const all = Object.fromEntries(many.map(({ key, value }) => [key, value]));
    expect(bed.haproxy.entries).toEqual(all);
    // Between its commands there was one table or the other.
    expect([...seen].map((keys) => keys.split(" ").length)).toEqual([1, 500]);
  });

  test("is whole again within a moment after a reload that nobody has announced", async () => {
    bed.stack.use(await bed.serve());
    map.start();
    await map.serveAll(one);
    bed.haproxy.reload();
    await eventually(
      () => reconciles,
      (count) => count === 1,
    );
    expect(bed.haproxy.entries).toEqual({ "a.test": "plain|1" });
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
  });

  test.each(["set", "del", "add"])(
    "is whole again when a change by %s meets another worker",
    async (verb) => {
      bed.stack.use(await bed.serve());
      map.start();
      await map.serveAll(new Map([...one, ["b.test", "plain|2"]]));
      // The file has a newer entry than the worker before, or lacks one.
      bed.haproxy.reload({ "c.test": "plain|0" });
      const change = {
        set: put("a.test", "plain|9"),
        del: put("a.test", null),
        add: put("c.test", "plain|9"),
      }[verb];
      await map.serve(change === undefined ? [] : [change], false);
      const wanted = {
        "a.test": "plain|1",
        "b.test": "plain|2",
        ...(change?.value ? { [change.key]: change.value } : {}),
      };
      if (verb === "del") delete (wanted as Record<string, string>)["a.test"];
      expect(bed.haproxy.entries).toEqual(wanted);
      expect(problems.filter((problem) => problem !== null)).toEqual([]);
    },
  );

  test("is never mixed of two workers, where one takes over while it is written", async () => {
    bed.stack.use(await bed.serve());
    map.start();
    await map.serveAll(one);
    const many = new Map(
      Array.from({ length: 1000 }, (_, index) => [`h${index}.test`, `plain|10.0.0.1|${index}`]),
    );
    let left = 400;
    bed.haproxy.onCommand = (command) => {
      if (!command.startsWith("add map @")) return;
      left -= 1;
      if (left !== 0) return;
      bed.haproxy.reload();
      // The new worker too has begun versions of these numbers.
      for (let version = 1; version <= 3; version += 1) bed.haproxy.answer(`prepare map ${bed.haproxy.file}`);
    };
    await map.serveAll(many);
    expect(bed.haproxy.entries).toEqual(Object.fromEntries(many));
  });

  test("has an entry once, however often a change of it is repeated", async () => {
    bed.stack.use(await bed.serve());
    map.start();
    await map.serveAll(new Map());
    await map.serve([put("a.test", "plain|1")], false);
    await map.serve([put("a.test", "plain|1")], false);
    await map.serve([put("a.test", "plain|2")], false);
    await map.serve([put("a.test", null)], false);
    expect(bed.haproxy.entries).toEqual({});
  });
});

describe("while HAProxy does not answer", () => {
  test("a change waits, says why, and is served as soon as it does", async () => {
    map.start();
    let isServed = false;
    const served = map.serveAll(one).then(() => {
      isServed = true;
    });
    await eventually(
      () => problems.at(-1),
      (problem) => problem?.includes("ENOENT") === true,
    );
    expect(isServed).toBe(false);
    bed.stack.use(await bed.serve());
    await served;
    expect(problems.at(-1)).toBeNull();
    expect(bed.haproxy.entries).toEqual({ "a.test": "plain|1" });
  });

  test("that is noticed without a change, and the time of the last look goes on", async () => {
    const served = await bed.serve();
    map.start();
    await map.serveAll(one);
    await served.disposeAsync();
    await eventually(
      () => problems.at(-1),
      (problem) => problem !== null,
    );
    const turnedAtMs = map.turnedAtMs();
    await eventually(
      () => map.turnedAtMs(),
      (at) => at > turnedAtMs,
    );
    bed.haproxy.reload();
    bed.stack.use(await bed.serve());
    await eventually(
      () => bed.haproxy.entries,
      (entries) => entries["a.test"] === "plain|1",
    );
    // HAProxy has them a moment before the agent has its answer.
    await eventually(
      () => problems.at(-1),
      (problem) => problem === null,
    );
  });

  test("a change that waits ends when the daemon stops", async () => {
    map.start();
    const waiting = map.serveAll(one);
    const refused = expect(waiting).rejects.toThrow(/no longer changes/);
    await map.stop();
    await refused;
    await expect(map.serve([put("b.test", "plain|1")], false)).rejects.toThrow(/no longer changes/);
  });
});

describe("a change that HAProxy refuses", () => {
  const many = Array.from({ length: 300 }, (_, index) => put(`h${index}.test`, `plain|10.0.0.1|${index}`));

  test.each([
    ["alone", [put("b.test", "plain|2")], false],
    ["in the place of another entry", [put("a.test", "plain|9")], false],
    ["after others", [put("a.test", null), ...many, put("b.test", "plain|2")], false],
    ["in a small transaction", [put("a.test", "plain|9"), put("b.test", "plain|2")], true],
    ["in a large transaction", [put("a.test", null), ...many, put("b.test", "plain|2")], true],
  ])("%s leaves the map, and HAProxy's memory, as they were", async (_, changes, together) => {
    const last = changes.at(-1);
    bed.haproxy.refuses = (command) => command.endsWith(` ${last?.key} ${last?.value}`);
    bed.stack.use(await bed.serve());
    map.start();
    await map.serveAll(one);
    await expect(map.serve(changes, together)).rejects.toMatchObject({
      name: "MapRefused",
      message: "haproxy refuses a change of its map of routes: Out of memory error.",
    });
    expect(bed.haproxy.entries).toEqual({ "a.test": "plain|1" });
    expect(bed.haproxy.leftOver).toBe(0);
    await eventually(
      () => problems.at(-1),
      (problem) => problem === null,
    );
    await map.serve([put("c.test", "plain|3")], false);
    expect(bed.haproxy.entries).toEqual({ "a.test": "plain|1", "c.test": "plain|3" });
  });

  test("by its generation alone is not put in place", async () => {
    let refuses = false;
    bed.haproxy.refuses = (command) => refuses && /^add map @.* :gen /.test(command);
    bed.stack.use(await bed.serve());
    map.start();
    await map.serveAll(one);
    refuses = true;
    const two = [put("b.test", "plain|2"), put("c.test", "plain|3")];
    await expect(map.serve(two, true)).rejects.toThrow(/Out of memory/);
    expect(bed.haproxy.entries).toEqual({ "a.test": "plain|1" });
  });

  test("with the whole map is tried again at each look, until it is taken", async () => {
    let refuses = true;
    bed.haproxy.refuses = (command) => refuses && command.includes(" a.test ");
    bed.stack.use(await bed.serve());
    map.start();
    await expect(map.serveAll(one)).rejects.toThrow(/Out of memory/);
    expect(bed.haproxy.entries).toEqual({});
    refuses = false;
    await eventually(
      () => bed.haproxy.entries,
      (entries) => entries["a.test"] === "plain|1",
    );
  });
});

test("a refusal of HAProxy's is a problem with its words", async () => {
  const { haproxy } = bed;
  const answer = haproxy.answer.bind(haproxy);
  let refuses = true;
  haproxy.answer = (line) => (refuses && line.startsWith("prepare") ? "Permission denied\n" : answer(line));
  bed.stack.use(await bed.serve());
  map.start();
  const served = map.serveAll(one);
  await eventually(
    () => problems.at(-1),
    (problem) => problem?.includes("Permission denied") === true,
  );
  refuses = false;
  await served;
  expect(problems.at(-1)).toBeNull();
});
