import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readRoutesLog } from "../../../../../agent/routes/log/routesLog.ts";
import type { NumberedChange } from "../../../../../agent/routes/store/store.ts";
import { eventually } from "../../daemon/watchFixtures.ts";
import { nodeBed, plain } from "../nodeFixtures.ts";
import { routeTo, routeWith } from "../routeFixtures.ts";
import { LogServers } from "./logServers.ts";

/** Routes with several targets on a node whose root makes the servers of its log. */
let bed: Awaited<ReturnType<typeof nodeBed>>;
let servers: LogServers;
beforeEach(async () => {
  bed = await nodeBed();
  bed.stack.use(await bed.serve());
  servers = new LogServers(bed.config.folder);
});
afterEach(() => bed[Symbol.asyncDispose]());

const onDisk = () => readRoutesLog(bed.config.folder, bed.config.pair);
const first = ["10.0.9.1", "10.0.9.2"];
const second = ["10.0.9.3", "10.0.9.4"];
/** The hosts' routes with several targets, one, or none. */
type Hosts = Readonly<Record<string, readonly string[]>>;

function transactionOf(after: number, hosts: Hosts): NumberedChange[] {
  const all = Object.entries(hosts);
  return all.map(([host, to], index) => ({
    version: after + index + 1,
    mark: `m${after + index + 1}`,
    transaction: after + all.length,
    host,
    route:
      to.length > 1
        ? routeWith({ host, targets: to.map((address) => ({ url: `http://${address}:3000` })) })
        : to[0] === undefined
          ? null
          : routeTo(`http://${to[0]}:3000`, { host }),
  }));
}

async function start() {
  const started = bed.start({}, servers);
  await started.store.snapshot(bed.empty);
  let version = 0;
  const tell = async (hosts: Hosts) => {
    const changes = transactionOf(version, hosts);
    version += changes.length;
    await started.store.tell(changes);
  };
  return { ...started, tell };
}

/** The targets that requests of a host reach, by what HAProxy has in this moment. */
function reached(host: string): readonly string[] {
  const fields = bed.haproxy.entries[host]?.split("|");
  if (fields === undefined) return [];
  const own = fields[10] === undefined ? [] : servers.of(Number(fields[10]));
  return own.length > 0 ? own : [fields[1] ?? ""];
}

const failing = () => {
  throw new Error("the door is closed");
};

describe("a route with several targets", () => {
  test("leads to all of them when it counts", async () => {
    const { tell } = await start();
    await tell({ "a.test": first });
    expect(bed.haproxy.entries["a.test"]).toBe(`${plain("10.0.9.1")}r|1`);
    expect(reached("a.test")).toEqual(first);
  });

  test("with other targets leads to the first of these alone while root's door fails, and to all of them afterwards", async () => {
    const { tell, node, events } = await start();
    await tell({ "a.test": first });
    servers.onBalance = failing;
    await tell({ "a.test": second });
    expect(reached("a.test")).toEqual(["10.0.9.3"]);
    expect(node.figures().areServersGood).toBe(false);
    servers.onBalance = () => {};
    await eventually(
      () => reached("a.test"),
      (found) => found.length === 2,
    );
    expect(reached("a.test")).toEqual(second);
    await eventually(
      () => node.figures().areServersGood,
      (isGood) => isGood,
    );
    const problems = events.flatMap((event) => (event.type === "servers" ? [event.problem] : []));
    expect(problems).toEqual([expect.any(String), null]);
  });

  test("that had one target for a while has the backend of before again", async () => {
    const { tell } = await start();
    await tell({ "a.test": first, "b.test": second });
    await tell({ "a.test": ["10.0.9.1"] });
    await tell({ "a.test": first });
    expect(bed.haproxy.entries["a.test"]).toBe(`${plain("10.0.9.1")}r|1`);
    expect(reached("a.test")).toEqual(first);
    await tell({ "b.test": [] });
    await tell({ "c.test": first });
    expect(onDisk().numbers).toEqual(
      new Map([
        ["a.test", 1],
        ["c.test", 3],
      ]),
    );
  });

  test("never leads to those of one that is gone, also where root's door failed when that went", async () => {
    const { tell } = await start();
    await tell({ "a.test": first });
    servers.onBalance = failing;
    await tell({ "a.test": [] });
    await tell({ "b.test": second });
    expect(servers.of(1)).toEqual(first);
    expect(reached("b.test")).toEqual(["10.0.9.3"]);
    servers.onBalance = () => {};
    await eventually(
      () => reached("b.test"),
      (found) => found.length === 2,
    );
    expect(reached("b.test")).toEqual(second);
  });

  test("never leads to those of one that goes or comes in the same transaction", async () => {
    const { tell } = await start();
    await tell({ "a.test": first });
    const seen: (readonly string[])[] = [];
    bed.haproxy.onCommand = () => seen.push(reached("a.test"));
    servers.onBalance = () => {
      seen.push(reached("a.test"));
    };
    await tell({ "a.test": [], "b.test": second });
    expect(seen.flat().filter((address) => second.includes(address))).toEqual([]);
    expect(reached("b.test")).toEqual(second);
    expect(onDisk().numbers.get("b.test")).toBe(2);
  });

  test("never leads to those of one that a new table has in its place", async () => {
    const { tell, store } = await start();
    await tell({ "a.test": first });
    const [put] = transactionOf(1, { "b.test": second });
    if (put?.route == null) throw new Error("it has no route");
    servers.onBalance = failing;
    await store.snapshot({ version: 2, mark: "m2", routes: [{ ...put.route, version: 2 }] });
    expect([reached("a.test"), reached("b.test")]).toEqual([[], ["10.0.9.3"]]);
  });

  test("has its servers also where the daemon was ended before root was asked for them", async () => {
    const { tell, stop } = await start();
    await tell({ "a.test": first });
    servers.onBalance = failing;
    await tell({ "a.test": second });
    await stop();
    bed.start({}, servers);
    await eventually(
      () => reached("a.test"),
      ([lead]) => lead === "10.0.9.3",
    );
    expect(reached("a.test")).toEqual(["10.0.9.3"]);
  });

  test("is one of several in a node's first table, and has its servers then", async () => {
    const { store } = bed.start({}, servers);
    const routes = transactionOf(0, { "a.test": first, "b.test": second }).flatMap(({ route, version }) =>
      route === null ? [] : [{ ...route, version }],
    );
    await store.snapshot({ version: 2, mark: "m2", routes });
    await eventually(
      () => [...reached("a.test"), ...reached("b.test")],
      (found) => found.length === 4,
    );
    expect(reached("b.test")).toEqual(second);
  });

  test("that finds all backends taken gets the first that is free", async () => {
    const { tell } = await start();
    const hosts = Array.from({ length: 21 }, (_, index) => `h${index}.test`);
    await tell(Object.fromEntries(hosts.map((host) => [host, first])));
    expect(reached("h20.test")).toEqual(["10.0.9.1"]);
    await tell({ "h3.test": [] });
    await eventually(
      () => reached("h20.test"),
      (found) => found.length === 2,
    );
    expect(onDisk().numbers.get("h20.test")).toBe(4);
  });
});

describe("a change that HAProxy refuses", () => {
  test("leaves the servers of its route as they were, on disk and in HAProxy", async () => {
    const { tell, node } = await start();
    await tell({ "a.test": first });
    bed.haproxy.refuses = (command) => command.includes(" a.test plain|10.0.9.3|");
    await expect(tell({ "a.test": second })).rejects.toThrow("Out of memory");
    expect([reached("a.test"), node.table().version]).toEqual([first, 1]);
    expect(onDisk().table.position?.version).toBe(1);
    expect(node.figures().backends).toEqual(new Map([["a.test", 1]]));
  });

  test("although it took it when it was tried, does so too", async () => {
    const { tell, node } = await start();
    await tell({ "a.test": first });
    servers.onBalance = () => {
      bed.haproxy.refuses = (command) => command.includes(" a.test plain|10.0.9.3|");
    };
    await expect(tell({ "a.test": second })).rejects.toThrow("Out of memory");
    expect(onDisk().table.position?.version).toBe(1);
    expect(node.figures().backends).toEqual(new Map([["a.test", 1]]));
    await eventually(
      () => reached("a.test"),
      (found) => found.length === 2 && found[0] === first[0],
    );
    bed.haproxy.refuses = () => false;
    await eventually(
      () => bed.haproxy.entries["a.test"],
      (entry) => entry === `${plain("10.0.9.1")}r|1`,
    );
  });

  test("in a whole table is tried again, while later changes go on and may take it back", async () => {
    const { store, node } = await start();
    bed.haproxy.refuses = (command) => command.includes(" bad.test ");
    const bad = { ...routeTo("http://10.0.9.7:3000", { host: "bad.test" }), version: 1 };
    await store.snapshot({ version: 1, mark: "m1", routes: [bad] });
    expect(node.figures().version).toBe(0);
    await store.tell(transactionOf(1, { "bad.test": [], "a.test": ["10.0.9.5"] }));
    expect(await node.appliedUpTo(3, 1000)).toBe(true);
    expect(bed.haproxy.entries).toEqual({ "a.test": plain("10.0.9.5") });
  });

  test("in a whole table leaves no later change of servers half made", async () => {
    const { store, tell } = await start();
    await tell({ "a.test": first });
    const [own] = transactionOf(0, { "a.test": first });
    if (own?.route == null) throw new Error("it has no route");
    bed.haproxy.refuses = (command) => command.includes(" bad.test ");
    const bad = { ...routeTo("http://10.0.9.7:3000", { host: "bad.test" }), version: 2 };
    await store.snapshot({ version: 2, mark: "m2", routes: [{ ...own.route, version: 1 }, bad] });
    let asked = 0;
    servers.onBalance = () => {
      asked += 1;
    };
    await expect(store.tell(transactionOf(2, { "a.test": second }))).rejects.toThrow("Out of memory");
    expect([reached("a.test"), asked, onDisk().table.position?.version]).toEqual([first, 0, 2]);
    await store.tell(transactionOf(2, { "a.test": second, "bad.test": [] }));
    expect(reached("a.test")).toEqual(second);
  });

  test("in a whole table counts once HAProxy takes it", async () => {
    const { store, node } = await start();
    bed.haproxy.refuses = (command) => command.includes(" bad.test ");
    const bad = { ...routeTo("http://10.0.9.7:3000", { host: "bad.test" }), version: 1 };
    await store.snapshot({ version: 1, mark: "m1", routes: [bad] });
    bed.haproxy.refuses = () => false;
    expect(await node.appliedUpTo(1, 5000)).toBe(true);
  });
});

test("plain changes behind one whose root hangs wait for it once", async () => {
  const { tell } = await start();
  servers.onBalance = () => Promise.withResolvers<void>().promise;
  await tell({ "a.test": first });
  const startedAt = performance.now();
  await tell({ "a.test": second, "b.test": ["10.0.9.5"] });
  await tell({ "c.test": first, "d.test": ["10.0.9.5"] });
  expect(performance.now() - startedAt).toBeLessThan(2000);
  expect([reached("a.test"), reached("c.test")]).toEqual([["10.0.9.3"], ["10.0.9.1"]]);
});
