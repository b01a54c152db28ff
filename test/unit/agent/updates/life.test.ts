import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NodeList } from "../../../../agent/updates/fetchList.ts";
import {
  advance,
  begin,
  type Checked,
  confirmed,
  type Effect,
  type Happening,
  isInDoubt,
  type Life,
} from "../../../../agent/updates/life.ts";
import { updateFailureNames, updateStates } from "../../../../contract/updates/state.ts";

const settings = { intervalMs: 30_000, confirmAfter: 3 };
const listOf = (...names: readonly string[]): NodeList => ({
  etag: `"${names.join()}"`,
  targets: names.map((name) => ({ url: `http://${name}`, weight: 1 })),
});
const good = (list: NodeList): Happening => ({
  what: "checked",
  wanted: list.targets,
  unanswered: 0,
  doubt: null,
});
const doubtful = (list: NodeList, doubt: Checked["doubt"] = "halved"): Happening => ({
  ...{ what: "checked", wanted: list.targets, unanswered: 0 },
  doubt,
});

/** The states that these happenings lead through, and the last step. */
function live(happenings: readonly Happening[], from: Life = begin) {
  const states: string[] = [];
  let life = from;
  let effect: Effect | undefined;
  for (const happening of happenings) {
    ({ life, effect } = advance(life, happening, settings));
    states.push(life.state);
  }
  return { states, life, effect };
}

const abc = listOf("a", "b", "c");
const served: readonly Happening[] = [
  { what: "started" },
  { what: "loaded" },
  { what: "fetched", list: abc },
  good(abc),
  { what: "compared", isSame: false, wanted: abc.targets },
  { what: "written", wanted: abc.targets },
  { what: "compared", isSame: true, wanted: abc.targets },
];
/** A round after one that has ended, in which the service answers with this list (null: unchanged). */
const round = (list: NodeList | null, checked: Happening): readonly Happening[] => [
  { what: "due" },
  { what: "fetched", list },
  checked,
];

describe("the life of an updater", () => {
  test("goes from its start to routing by the states of a round, and asks again after the interval", () => {
    const { states, effect } = live(served);
    expect(["Starting", ...states]).toEqual([
      ...["Starting", "LoadingConfig", "FetchingNodes", "HealthChecks"],
      ...["Ready", "Reloading", "Ready", "Routing"],
    ]);
    expect(effect).toEqual({ do: "wait", forMs: 30_000 });
  });

  test("asks with the tag of the last list, and writes nothing where the route is what it says", () => {
    const { life } = live(served);
    expect(live([{ what: "due" }], life).effect).toEqual({ do: "fetch", etag: abc.etag });
    const unchanged = [...round(null, good(abc)), { what: "compared", isSame: true, wanted: [] } as const];
    expect(live(unchanged, life).states).toEqual(["FetchingNodes", "HealthChecks", "Ready", "Routing"]);
  });

  test("pauses longer after each failure, up to the interval, and forgets that once it routes", () => {
    const failed: Happening = { what: "failed", reason: "unreachable", words: "gone" };
    let { life } = live(served);
    const pauses: unknown[] = [];
    for (let count = 0; count < 7; count += 1) {
      const step = live(
        [{ what: "due" }, ...(life.state === "Error" ? [{ what: "loaded" } as const] : []), failed],
        life,
      );
      pauses.push(step.effect);
      life = step.life;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30].map((s) => ({ do: "wait", forMs: s * 1000 })));
    const again = live([{ what: "due" }, ...served.slice(1)], life);
    expect(again.states.slice(0, 2)).toEqual(["LoadingConfig", "FetchingNodes"]);
    expect(again.life).toMatchObject({ state: "Routing", failures: 0, problem: null });
  });

  test("leaves a route alone that another node of the pair has just made otherwise", () => {
    const contested = [...served.slice(0, -1), { what: "compared", isSame: false, wanted: [] } as const];
    expect(live(contested)).toMatchObject({
      life: { state: "Error", problem: { reason: "routes", words: expect.stringContaining("another node") } },
      effect: { do: "wait" },
    });
  });
});

describe("a list in doubt", () => {
  const { life } = live(served);
  const a = listOf("a");

  test("is followed once it has come as often as the config says, each time after the interval", () => {
    const first = live(round(a, doubtful(a)), life);
    expect(first.life).toMatchObject({ state: "Error", problem: { reason: "halved" } });
    expect(first.life.problem?.words).toContain("it has come 1 of 3 times");
    expect(first.effect).toEqual({ do: "wait", forMs: 30_000 });
    const again: readonly Happening[] = [
      { what: "due" },
      { what: "loaded" },
      { what: "fetched", list: null },
      doubtful(a),
    ];
    const second = live(again, first.life);
    expect([second.life.state, isInDoubt(second.life)]).toEqual(["Error", true]);
    const third = live(again, second.life);
    expect(third).toMatchObject({ life: { state: "Ready" }, effect: { do: "compare", wanted: a.targets } });
  });

  test("begins anew where another list comes in between, good or not", () => {
    const twice = live(
      [
        ...round(a, doubtful(a)),
        { what: "due" },
        { what: "loaded" },
        { what: "fetched", list: a },
        doubtful(a),
      ],
      life,
    );
    const b = listOf("b");
    const other = live(
      [{ what: "due" }, { what: "loaded" }, { what: "fetched", list: b }, doubtful(b)],
      twice.life,
    );
    expect(other.life).toMatchObject({ state: "Error", doubted: 1 });
    const back = live(
      [{ what: "due" }, { what: "loaded" }, { what: "fetched", list: abc }, good(abc)],
      twice.life,
    );
    expect([back.life.state, back.life.doubted]).toEqual(["Ready", 0]);
  });

  test("that has been good for long is no less in doubt when the route is larger", () => {
    const long = live(Array.from({ length: 9 }, () => round(null, good(abc))).flat(), life);
    expect(live(round(null, doubtful(abc)), long.life).life).toMatchObject({ state: "Error", doubted: 1 });
  });

  test("is followed at once when somebody confirms it, and no other list is", () => {
    const first = live(round(a, doubtful(a)), life);
    const next = (list: NodeList): readonly Happening[] => [
      { what: "due" },
      { what: "loaded" },
      { what: "fetched", list },
      doubtful(list),
    ];
    expect(live(next(a), confirmed(first.life)).life.state).toBe("Ready");
    expect(live(next(listOf("b")), confirmed(first.life)).life.state).toBe("Error");
    expect([isInDoubt(life), isInDoubt(begin)]).toEqual([false, false]);
  });

  test("none of whose nodes answers is never followed", () => {
    const silent: Happening = { what: "checked", wanted: [], unanswered: 1, doubt: "halved" };
    let now = life;
    for (let count = 0; count < 9; count += 1)
      now = live([{ what: "due" }, { what: "loaded" }, { what: "fetched", list: a }, silent], now).life;
    expect(now).toMatchObject({ state: "Error", problem: { reason: "no-answer" } });
  });
});

test("whatever happens, each state is one of the source's, and every error is left by a pause", () => {
  const targets = fc.constantFrom(abc.targets, listOf("a").targets, []);
  const happening: fc.Arbitrary<Happening> = fc.oneof(
    fc.constant<Happening>({ what: "due" }),
    fc.constant<Happening>({ what: "loaded" }),
    fc.record({
      what: fc.constant("fetched" as const),
      list: targets.map((of) => ({ etag: null, targets: of })),
    }),
    fc.record({
      what: fc.constant("checked" as const),
      wanted: targets,
      unanswered: fc.nat(3),
      doubt: fc.constantFrom("empty" as const, "halved" as const, null),
    }),
    fc.record({ what: fc.constant("compared" as const), isSame: fc.boolean(), wanted: targets }),
    fc.record({ what: fc.constant("written" as const), wanted: targets }),
    fc.record({
      what: fc.constant("failed" as const),
      reason: fc.constantFrom(...updateFailureNames),
      words: fc.string(),
    }),
  );
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      let life = begin;
      for (const one of happenings) {
        const step = advance(life, one, settings);
        life = step.life;
        expect(updateStates).toContain(life.state);
        if (life.state === "Error") {
          expect(life.problem).not.toBeNull();
          expect(step.effect).toMatchObject({ do: "wait" });
        }
      }
    }),
  );
});
