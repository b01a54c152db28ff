import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lineOf } from "../../../../../agent/routes/log/record.ts";
import { beginningOf, replay } from "../../../../../agent/routes/log/replay.ts";
import { RouteTable } from "../../../../../agent/routes/table.ts";
import { type History, histories, recordsOf, routeWith, stored, transaction } from "../routeFixtures.ts";

/** A history's log, with the table and the length of the log after its beginning and after each transaction. */
function written({ beginning, transactions }: History) {
  const table = new RouteTable();
  table.replace(beginning);
  const beginningWith = (numbers: ReadonlyMap<string, number>) =>
    beginningOf(
      "main",
      { ...table, position: beginning },
      new Map([["app.example.com", "10.0.9.7"]]),
      numbers,
    );
  const parts = [beginningWith(new Map([["b.test", 3]]))];
  const tableBytes = Buffer.byteLength(beginningWith(new Map()));
  const states = [stateOf(table)];
  for (const changes of transactions) {
    parts.push(recordsOf(changes).map(lineOf).join(""));
    table.make(changes);
    states.push(stateOf(table));
  }
  const lengths = parts.map((_, index) => Buffer.byteLength(parts.slice(0, index + 1).join("")));
  return { log: Buffer.from(parts.join("")), states, lengths, tableBytes };
}

const stateOf = ({ position, routes }: RouteTable) => ({
  version: position?.version,
  mark: position?.mark,
  routes: Object.fromEntries(routes),
});

describe("a log", () => {
  test("says which backend a route had last", () => {
    const position = { version: 1, mark: "m1" };
    const text = beginningOf("main", { position, routes: new Map() }, new Map(), new Map([["a.test", 3]]));
    const later = lineOf({ is: "backend", host: "a.test", number: 5 });
    expect([...replay(Buffer.from(text), "main").numbers]).toEqual([["a.test", 3]]);
    expect([...replay(Buffer.from(text + later), "main").numbers]).toEqual([["a.test", 5]]);
    const wrong = lineOf({ is: "backend", host: "a.test", number: 500 });
    expect(replay(Buffer.from(text + wrong + later), "main")).toMatchObject({ rest: "damaged" });
  });

  test("says no backend that a route had before it went, also where the route is back and another one has that", () => {
    const several = (host: string) =>
      routeWith({ host, targets: [{ url: "http://10.0.9.5" }, { url: "http://10.0.9.6" }] });
    const put = (version: number, host: string) =>
      lineOf({
        ...{ is: "change", version, mark: `m${version}`, transaction: version },
        ...{ host, route: several(host) },
      });
    const [gone] = recordsOf(transaction(2, ["a.test"]));
    if (gone === undefined) throw new Error("there is no record");
    const position = { version: 0, mark: "m0" };
    const text = [
      beginningOf("main", { position, routes: new Map() }, new Map(), new Map()),
      put(1, "a.test"),
      lineOf({ is: "backend", host: "a.test", number: 1 }),
      put(2, "b.test"),
      lineOf(gone),
      lineOf({ is: "backend", host: "b.test", number: 1 }),
      put(4, "a.test"),
    ].join("");
    expect([...replay(Buffer.from(text), "main").numbers]).toEqual([["b.test", 1]]);
  });

  test("begins with what an agent reads that knows no routes with several targets", () => {
    const several = routeWith({
      host: "b.test",
      targets: [{ url: "http://10.0.9.5" }, { url: "http://10.0.9.6" }],
    });
    const routes = new Map([
      ["b.test", { ...several, version: 1 }],
      ["a.test", stored("a.test", 2)],
    ]);
    const position = { version: 2, mark: "m2" };
    const lines = beginningOf("main", { position, routes }, new Map(), new Map([["b.test", 3]])).split("\n");
    expect(lines.map((line) => /"host":"([^"]*)"|"is":"log"/.exec(line)?.[1])).toEqual([
      undefined,
      "a.test",
      "b.test",
      "b.test",
      undefined,
    ]);
    expect(lines[3]).toContain('"is":"backend"');
    expect([...replay(Buffer.from(lines.join("\n")), "main").numbers]).toEqual([["b.test", 3]]);
  });

  test("says the table that was written", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { log, states } = written(history);
        const found = replay(log, "main");
        expect(stateOf(found.table)).toEqual(states.at(-1));
        expect(found.addresses).toEqual(new Map([["app.example.com", "10.0.9.7"]]));
        expect(found).toMatchObject({ wholeBytes: log.length, rest: "none" });
      }),
    );
  });

  test("that ends at any byte says the table after the last whole transaction", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { log, states, lengths } = written(history);
        for (let end = lengths[0] ?? 0; end <= log.length; end += 1) {
          const found = replay(log.subarray(0, end), "main");
          const whole = lengths.filter((length) => length <= end).length - 1;
          expect(stateOf(found.table)).toEqual(states[whole]);
          expect(found.wholeBytes).toBe(lengths[whole]);
          expect(found.rest).toBe(lengths[whole] === end ? "none" : "torn");
        }
      }),
      { numRuns: 20 },
    );
  });

  test("that ends before its first table is whole has no position, so that the store tells everything", () => {
    fc.assert(
      fc.property(histories, (history) => {
        fc.pre(history.beginning.routes.length > 0);
        const { log, tableBytes } = written(history);
        for (let end = 1; end < tableBytes; end += 1) {
          const found = replay(log.subarray(0, end), "main");
          expect(found.table.position).toBeNull();
          expect(found.rest).toBe("damaged");
        }
      }),
      { numRuns: 20 },
    );
  });

  test("with any one bit flipped never says what nobody has written", () => {
    fc.assert(
      fc.property(
        histories,
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (history, where) => {
          const { log, states, lengths } = written(history);
          const bit = Math.floor(where * log.length * 8);
          const at = bit >> 3;
          log.writeUInt8(log.readUInt8(at) ^ (1 << (bit & 7)), at);
          const found = replay(log, "main");
          if (at < (lengths[0] ?? 0)) {
            if (found.table.position !== null) expect(stateOf(found.table)).toEqual(states[0]);
            return;
          }
          const whole = lengths.filter((length) => length <= at).length - 1;
          expect(stateOf(found.table)).toEqual(states[whole]);
          expect(found.wholeBytes).toBe(lengths[whole]);
          const isLastLine = log.indexOf(0x0a, at) === log.length - 1 || log.indexOf(0x0a, at) < 0;
          if (!isLastLine) expect(found.rest).toBe("damaged");
        },
      ),
      { numRuns: 500 },
    );
  });

  test("whose writes a crash has mixed with zeros says the table before them", () => {
    const { log, states } = written(one);
    const mixed = Buffer.concat([log, Buffer.alloc(4096), log.subarray(-40)]);
    const found = replay(mixed, "main");
    expect(stateOf(found.table)).toEqual(states.at(-1));
    expect(found).toMatchObject({ wholeBytes: log.length, rest: "torn" });
  });
});

const one: History = {
  beginning: { version: 7, mark: "m7", routes: [stored("a.test", 7)] },
  transactions: [
    transaction(7, ["b.test", "http://10.0.9.5"]),
    transaction(8, ["c.test", "http://10.0.9.6"], ["a.test"]),
  ],
};

describe("nothing is taken of a log", () => {
  const { log } = written(one);
  const withHead = (head: object) => {
    const [first = "", ...rest] = log.toString().split("\n");
    const changed = { ...JSON.parse(first.slice(9)), ...head };
    return Buffer.from([lineOf(changed).trimEnd(), ...rest].join("\n"));
  };

  test.each([
    ["of another pair", { pair: "other" }],
    ["of a later format", { format: 2 }],
    ["with a key that this version does not know", { later: true }],
    ["whose version is no number", { version: "7" }],
  ])("%s", (_, head) => {
    const { table, wholeBytes, rest } = replay(withHead(head), "main");
    expect(table.position).toBeNull();
    expect(table.routes.size).toBe(0);
    expect({ wholeBytes, rest }).toEqual({ wholeBytes: 0, rest: "damaged" });
  });

  test.each([
    ["that is empty but for a newline", Buffer.from("\n")],
    ["of zeros", Buffer.alloc(1000)],
    ["of anything else", Buffer.from("#!/bin/sh\nexit 0\n")],
    ["without a first line", log.subarray(log.indexOf(0x0a) + 1)],
  ])("%s", (_, bytes) => {
    const { table, rest } = replay(bytes, "main");
    expect(table).toMatchObject({ position: null, routes: new Map() });
    expect(rest).toBe("damaged");
  });

  test("that is not there", () => {
    expect(replay(Buffer.alloc(0), "main")).toMatchObject({
      wholeBytes: 0,
      rest: "none",
      table: { position: null },
    });
  });
});

describe("a log is damaged, and says the table before it, where a whole line", () => {
  const base = written(one);
  const lineAfter = (record: object) => Buffer.concat([base.log, Buffer.from(lineOf(record as never))]);

  test.each([
    ["leaves a number out", recordsOf(transaction(11, ["d.test", "http://10.0.9.5"]))[0]],
    ["comes a second time", recordsOf(transaction(9, ["d.test", "http://10.0.9.5"]))[0]],
    ["begins another log", { is: "log", format: 1, pair: "main", version: 10, mark: "m10", routes: 0 }],
    ["is a route of no table", { is: "route", route: stored("d.test", 11) }],
    [
      "has a host name with a line break",
      { ...recordsOf(transaction(10, ["d.test"]))[0], host: "d.test\n:gen x" },
    ],
    ["has a transaction that ended before", { ...recordsOf(transaction(10, ["d.test"]))[0], transaction: 3 }],
    ["is of a kind that is unknown", { is: "later" }],
  ])("%s", (_, record) => {
    const found = replay(Buffer.concat([lineAfter(record as object), base.log.subarray(-200)]), "main");
    expect(stateOf(found.table)).toEqual(base.states.at(-1));
    expect(found.wholeBytes).toBe(base.log.length);
    expect(found.rest).toBe("damaged");
  });

  test("belongs to another transaction than the one that has begun", () => {
    const [first] = recordsOf(transaction(10, ["d.test", "http://10.0.9.5"], ["e.test", "http://10.0.9.5"]));
    const [alone] = recordsOf(transaction(11, ["e.test", "http://10.0.9.5"]));
    const log = Buffer.concat([
      lineAfter(first as object),
      Buffer.from(lineOf({ ...alone, transaction: 13 } as never)),
    ]);
    expect(stateOf(replay(log, "main").table)).toEqual(base.states.at(-1));
  });
});
