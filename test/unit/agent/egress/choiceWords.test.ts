import { expect, test } from "vitest";
import { printEgress } from "../../../../agent/commands/egress.ts";
import type { GroupState } from "../../../../agent/egress/groupLoop.ts";
import type { Observation } from "../../../../agent/egress/observation.ts";
import { pageOf } from "../../../../agent/egress/page.ts";
import { choiceWords } from "../../../../agent/egress/report/choiceWords.ts";
import { EgressPage } from "../../../../contract/egressPage.ts";
import { nodeConfig } from "../address/addressFixtures.ts";
import { degraded, groupOf, online, Story } from "../election/electionFixtures.ts";

/** A group's history, with the sentence about each of its servers after every election. */
class ExplainedStory extends Story {
  private readonly observations = new Map<string, Observation>();
  private held: GroupState["held"] = [];

  override after(seconds: number, ...observations: Observation[]) {
    const verdict = super.after(seconds, ...observations);
    for (const one of observations) this.observations.set(one.server, one);
    this.held = verdict.held;
    return verdict;
  }

  state(): GroupState {
    const { group: config, memory, held, observations, views: haproxy } = this;
    const at = "2025-10-09T08:53:20.000Z";
    const switches = [{ at, from: null, to: "wg1", why: "first" }];
    return { config, memory, held, switches, observations, haproxy };
  }

  words(): readonly string[] {
    return this.group.servers.map((server) => choiceWords(this.state(), server, this.nowMs));
  }
}

/** wg1 is preferred at 200 ms, wg2 and the last resort are measured, the dwell is over. */
function settled(ms2: number, hysteresis = {}): ExplainedStory {
  const story = new ExplainedStory(groupOf(["wg1", "wg2", "warp"], hysteresis));
  story.after(0, online("wg1", 200), online("wg2", ms2), online("warp", 5));
  story.after(60);
  return story;
}

/** wg2 fails that many times, a second apart, and works again with this latency. */
function failing(story: ExplainedStory, times: number, ms: number): ExplainedStory {
  for (let time = 0; time < times; time += 1) {
    story.view("wg2", "down").after(1);
    story.view("wg2", "up").after(1, online("wg2", ms));
  }
  return story;
}

test("the preferred server has the reason of its switch, and a last resort is named as one", () => {
  expect(settled(190).words()).toEqual([
    "yes: first choice",
    "no: 190 ms is not 50 ms better",
    "no: last resort",
  ]);
});

test("before any measurement one server is the first choice and the other is not measured", () => {
  const story = new ExplainedStory(groupOf(["wg1", "wg2"]));
  story.after(0);
  expect(story.words()).toEqual(["yes: first choice", "not yet: not measured"]);
});

/** One more measurement of wg2, and haproxy's state of it. */
function tell(observation: Observation, view: "up" | "down" | "maint" = "up"): ExplainedStory {
  const story = settled(100);
  story.view("wg2", view).after(1, observation);
  return story;
}

/** wg2 is far better in that many measurements. */
function better(story: ExplainedStory, seconds: number, times: number): ExplainedStory {
  story.after(seconds, ...Array.from({ length: times }, () => online("wg2", 20)));
  return story;
}

function young(): ExplainedStory {
  const story = new ExplainedStory(groupOf(["wg1", "wg2"]));
  story.after(0, online("wg1", 200), online("wg2", 20));
  return story;
}

test.each<[string, () => ExplainedStory]>([
  ["no: it carries no traffic", () => tell(degraded("wg2"))],
  ["no: its exit is not WARP", () => tell({ ...degraded("wg2"), cause: "not-warp" })],
  ["no: it cannot be reached", () => tell({ ...degraded("wg2"), state: "offline", cause: "refused" })],
  ["no: haproxy's checks of it fail", () => tell(online("wg2", 100), "down")],
  ["no: in maintenance", () => tell(online("wg2", 100), "maint")],
  ["no: failed, held down until 08:54:31 UTC", () => failing(settled(100), 1, 100)],
  ["no: failed 3 times, held down until 08:55:05 UTC", () => failing(settled(100), 3, 190)],
  [
    "no: failed 2 times, held down until 08:56:03 UTC",
    () => better(failing(settled(100, { holdDownS: 1, maxHoldDownS: 100 }), 2, 20), 90, 3),
  ],
  ["no: 190 ms is not 20 ms better", () => settled(190, { marginMs: 20, marginPercent: 0 })],
  ["no: 210 ms is not better", () => settled(210, { marginMs: 0, marginPercent: 0 })],
  ["not yet: better in 2 of 3 measurements", () => better(settled(100), 5, 2)],
  ["not yet: the current one stays 11 s", () => better(young(), 19, 3)],
])("a server that is not preferred: %s", (words, make) => {
  expect(make().words()[1]).toBe(words);
});

const config = nodeConfig("/", { groups: [], peers: [], virtualAddress: "10.0.1.100" });
const now = {
  at: new Date(0),
  nowMs: 0,
  vip: { address: "10.0.1.100", moves: false, givenUp: false, holder: false, able: true, peers: [] },
  problem: null,
};

test.each<[string, Partial<EgressPage["vip"]>]>([
  ["haproxy1 holds 10.0.1.100", { holder: true }],
  ["haproxy1 does not hold 10.0.1.100", {}],
  ["haproxy1 does not hold 10.0.1.100, has given it up", { givenUp: true }],
])("the table begins with %s, and has the sentence of each server", (first, vip) => {
  const page = pageOf(config, [settled(190).state()], now);
  const lines = printEgress({ ...page, vip: { ...page.vip, ...vip } }).split("\n");
  expect(lines[0]).toBe(first);
  expect(lines.slice(2, 6)).toEqual([
    "main: port 7891",
    "  server  port   state   latency  haproxy  preferred",
    "  wg1     18181  online  200 ms   up       yes: first choice",
    "  wg2     18182  online  190 ms   up       no: 190 ms is not 50 ms better",
  ]);
});

test("the page of an older loop is read without these sentences", () => {
  const page = pageOf(config, [settled(190).state()], now);
  const [{ servers, ...group } = { servers: [] }] = page.groups;
  const older = servers.map(({ why, ...server }) => server);
  const read = EgressPage.parse({ ...page, groups: [{ ...group, servers: older }] });
  expect(read.groups[0]?.servers.map(({ why }) => why)).toEqual(["", "", ""]);
});
