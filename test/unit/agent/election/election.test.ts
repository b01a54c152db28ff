import { describe, expect, it } from "vitest";
import { both, degraded, groupOf, online, Story, settled } from "./electionFixtures.ts";

/** The switches among a verdict's events. */
const switches = (verdict: { events: readonly { kind: string }[] }) =>
  verdict.events.filter(({ kind }) => kind === "switch");

describe("the first choice", () => {
  it("is the config's order among those that haproxy says are up, before any measurement", () => {
    const story = new Story(groupOf(["wg1", "wg2", "warp"])).view("wg1", "down");
    const first = story.after(0);
    expect(first.memory.preferred).toBe("wg2");
    expect(switches(first)).toEqual([{ kind: "switch", from: null, to: "wg2", why: "first" }]);
  });

  it("is the config's order also where another has a lower latency", () => {
    expect(new Story(groupOf(["wg1", "wg2"])).after(0, ...both(90, 10)).memory.preferred).toBe("wg1");
  });

  it("is none while nothing is known", () => {
    const story = new Story(groupOf(["wg1", "wg2"]));
    story.views = null;
    expect(story.after(0)).toMatchObject({ memory: { preferred: null }, events: [] });
    expect(story.after(1, online("wg2", 50)).memory.preferred).toBe("wg2");
  });
});

describe("a failed server", () => {
  it.each([
    ["haproxy says so", (story: Story) => story.view("wg1", "down").after(0.5)],
    ["a measurement says so although haproxy says up", (story: Story) => story.after(0.5, degraded("wg1"))],
  ])("is left at once when %s, whatever the dwell", (_, fail) => {
    const story = new Story(groupOf(["wg1", "wg2", "warp"]));
    story.after(0, ...both(20, 20));
    const verdict = fail(story);
    expect(verdict.memory.preferred).toBe("wg2");
    expect(switches(verdict)).toEqual([{ kind: "switch", from: "wg1", to: "wg2", why: "failed" }]);
    expect(verdict.dead).toEqual([]);
  });

  it("is dead as soon as and as long as haproxy and a measurement agree", () => {
    const story = new Story(groupOf(["wg1", "wg2", "warp"]));
    story.after(0, ...both(20, 20));
    expect(story.view("wg1", "down").after(0.5).dead).toEqual([]);
    expect(story.after(0.5, degraded("wg1")).dead).toEqual(["wg1"]);
    expect(story.after(5, degraded("wg1")).dead).toEqual(["wg1"]);
    expect(story.view("wg1", "up").after(1).dead).toEqual([]);
  });

  it("is left for the fastest real server, not for a faster last resort", () => {
    const story = new Story(groupOf(["wg1", "wg2", "wg3", "warp"]));
    story.after(0, online("wg1", 20), online("wg2", 90), online("wg3", 60), online("warp", 5));
    expect(story.view("wg1", "down").after(1).memory.preferred).toBe("wg3");
  });

  it("waits twice as long after each failure, up to the limit, and reports a flap", () => {
    const story = new Story(groupOf(["wg1", "wg2"], { holdDownS: 10, maxHoldDownS: 35 }));
    story.after(0, ...both(20, 20));
    const holdDowns = [1, 2, 3, 4].map(() => {
      const verdict = story.view("wg1", "down").after(1);
      story.view("wg1", "up").after(1, online("wg1", 20));
      return verdict.events.find(({ kind }) => kind === "flap");
    });
    expect(holdDowns).toEqual([
      undefined,
      { kind: "flap", server: "wg1", failures: 2, holdDownMs: 20_000 },
      { kind: "flap", server: "wg1", failures: 3, holdDownMs: 35_000 },
      { kind: "flap", server: "wg1", failures: 4, holdDownMs: 35_000 },
    ]);
  });

  it("has its failures cleared after maxHoldDownS without one", () => {
    const story = new Story(groupOf(["wg1", "wg2"], { holdDownS: 10, maxHoldDownS: 40 }));
    story.after(0, ...both(20, 20));
    for (const pause of [1, 39, 41]) {
      story.view("wg1", "up").after(0, online("wg1", 20));
      story.view("wg1", "down").after(pause);
    }
    expect(story.memory.servers[0]).toMatchObject({ failures: 1, heldUntilMs: story.nowMs + 10_000 });
  });

  it("is not judged by its latency from before the failure", () => {
    const story = settled(200);
    story.view("wg1", "down").after(1);
    story.view("wg1", "up").after(20, online("wg1", 500));
    expect(story.memory.servers[0]?.ewmaMs).toBe(500);
  });
});

describe("a better server", () => {
  it("wins when its average beats the preferred one by the margin in enough measurements in a row", () => {
    const story = settled(100);
    expect(story.after(5, online("wg2", 100))).toMatchObject({
      memory: { preferred: "wg1" },
      held: [{ server: "wg2", why: "rounds" }],
    });
    const third = story.after(5, online("wg2", 100));
    expect(third.memory.preferred).toBe("wg2");
    expect(switches(third)).toEqual([{ kind: "switch", from: "wg1", to: "wg2", why: "better" }]);
    expect(third.dead).toEqual([]);
  });

  it.each([
    ["49 ms where 50 are required", 200, 151, {}],
    ["19 % where 20 are required", 1000, 810, {}],
    ["nothing, without any margin", 200, 200, { marginMs: 0, marginPercent: 0 }],
  ])("does not win by %s", (_, ms1, ms2, hysteresis) => {
    const story = settled(ms2, hysteresis);
    for (let round = 0; round < 20; round += 1) {
      const verdict = story.after(5, ...both(ms1, ms2));
      if (round > 15) expect(verdict).toMatchObject({ memory: { preferred: "wg1" }, held: [] });
    }
  });

  it("starts its count again after a measurement that was not better", () => {
    const story = settled(100);
    story.after(5, online("wg2", 100));
    story.after(5, online("wg2", 1000));
    story.after(5, online("wg2", 1), online("wg2", 1), online("wg2", 1));
    expect(story.memory.servers[1]?.betterRounds).toBeLessThan(3);
    expect(story.memory.preferred).toBe("wg1");
  });

  it("waits for the end of the dwell", () => {
    const story = new Story(groupOf(["wg1", "wg2"]));
    story.after(0, ...both(200, 20));
    const early = story.after(29, online("wg2", 20), online("wg2", 20), online("wg2", 20));
    expect(early).toMatchObject({ memory: { preferred: "wg1" }, held: [{ server: "wg2", why: "dwell" }] });
    expect(story.after(1)).toMatchObject({ memory: { preferred: "wg2" }, held: [] });
  });

  it("waits for the end of its hold-down", () => {
    const story = settled(100, { holdDownS: 40 });
    story.view("wg2", "down").after(0);
    story.view("wg2", "up").after(1, online("wg2", 100), online("wg2", 100), online("wg2", 100));
    expect(story.after(1).held).toEqual([{ server: "wg2", why: "hold-down" }]);
    expect(story.after(37).memory.preferred).toBe("wg1");
    expect(story.after(1).memory.preferred).toBe("wg2");
  });

  it("waits until its failures are cleared where it flapped, however fast it is", () => {
    const story = settled(100, { holdDownS: 1, maxHoldDownS: 100 });
    for (const _ of [1, 2]) {
      story.view("wg2", "down").after(1);
      story.view("wg2", "up").after(1, online("wg2", 20));
    }
    expect(story.after(97, ...both(200, 20), ...both(200, 20), ...both(200, 20))).toMatchObject({
      memory: { preferred: "wg1" },
      held: [{ server: "wg2", why: "flaps" }],
    });
    expect(story.after(3).memory.preferred).toBe("wg2");
  });

  it("is never a last resort", () => {
    const story = settled(200);
    for (let round = 0; round < 10; round += 1) story.after(10, online("warp", 1));
    expect(story.memory.preferred).toBe("wg1");
  });
});

describe("a last resort", () => {
  it("is left as soon as a real server works and its hold-down is over", () => {
    const story = settled(200);
    story.view("wg1", "down").view("wg2", "down");
    expect(story.after(1)).toMatchObject({ memory: { preferred: "warp" } });
    expect(story.view("wg2", "up").after(5, online("wg2", 900))).toMatchObject({
      memory: { preferred: "warp" },
      held: [{ server: "wg2", why: "hold-down" }],
    });
    const back = story.after(5);
    expect(switches(back)).toEqual([{ kind: "switch", from: "warp", to: "wg2", why: "recovered" }]);
    expect(back.held).toEqual([]);
  });

  it("loses to a real server in hold-down only where it does not work itself", () => {
    const story = settled(200);
    story.view("wg1", "down").view("wg2", "down").view("warp", "down").after(1);
    expect(story.view("wg2", "up").after(1).memory.preferred).toBe("wg2");
  });
});

describe("an operator's maint", () => {
  it("moves the preference, closes nothing and counts as no failure", () => {
    const story = settled(200);
    const verdict = story.view("wg1", "maint").after(1);
    expect(switches(verdict)).toEqual([{ kind: "switch", from: "wg1", to: "wg2", why: "maint" }]);
    expect(verdict.dead).toEqual([]);
    expect(story.memory.servers[0]).toMatchObject({ failures: 0, heldUntilMs: 0 });
  });

  it("is respected also where nothing else works", () => {
    const story = settled(200).view("wg1", "maint").view("wg2", "down").view("warp", "down");
    story.after(1, online("wg1", 20));
    expect(story.after(1).memory.preferred).not.toBe("wg1");
  });
});

it("the preference stays where haproxy does not answer", () => {
  const story = new Story(groupOf(["wg1", "wg2"]));
  story.after(0, online("wg2", 5));
  story.views = null;
  expect(story.after(1)).toMatchObject({ memory: { preferred: "wg1" }, events: [], dead: [] });
});

it("a change of state is reported once, with its cause", () => {
  const story = settled(200);
  const change = { kind: "state", server: "wg2", from: "online", to: "degraded", cause: "request-timeout" };
  expect(story.after(1, degraded("wg2")).events).toEqual([change]);
  expect(story.after(1, degraded("wg2")).events).toEqual([]);
});

it("no hold-down lasts for a year where the clock was set back by a year", () => {
  const story = settled(100);
  story.view("wg2", "down").after(1);
  story.view("wg2", "up").after(-365 * 86_400, ...both(200, 100));
  story.after(301, ...both(200, 100), ...both(200, 100));
  expect(story.memory.preferred).toBe("wg2");
});
