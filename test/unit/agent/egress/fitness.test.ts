import { expect, test } from "vitest";
import { fitnessOf, isUsable } from "../../../../agent/egress/fitness.ts";
import type { GroupState } from "../../../../agent/egress/groupLoop.ts";
import type { EgressGroupConfig } from "../../../../contract/egressConfig.ts";
import { degraded, groupOf, online, Story } from "../election/electionFixtures.ts";
import { always, type Step } from "../election/electionHistories.ts";

/** An essential group after an election, with each of its servers measured. */
function after({ verdict, input }: Pick<Step, "verdict" | "input">, config: EgressGroupConfig): GroupState {
  const names = config.servers.map(({ name }) => name);
  return {
    config: { ...config, essential: true },
    memory: verdict.memory,
    held: [],
    switches: [],
    observations: new Map(names.map((name) => [name, degraded(name)])),
    haproxy: input.haproxy,
  };
}

test("a group is never dead while the agent gets through a server that is not in maint", () => {
  let onlyByTheAgent = 0;
  always((step, config) => {
    const works = step.verdict.memory.servers.filter(
      ({ name, state }) => state === "online" && step.input.haproxy?.[name] !== "maint",
    );
    if (works.length === 0) return;
    if (works.every(({ name }) => step.input.haproxy?.[name] === "down")) onlyByTheAgent += 1;
    const group = after(step, config);
    expect([isUsable(group), fitnessOf([group]).dead]).toEqual([true, []]);
  });
  expect(onlyByTheAgent).toBeGreaterThan(0);
});

test("a group is dead where its servers are dead or in maint, and only after each was measured", () => {
  const story = new Story(groupOf(["wg1", "wg2"])).view("wg1", "down").view("wg2", "maint");
  const verdict = story.after(0, degraded("wg1"), online("wg2", 20));
  const group = after({ verdict, input: { nowMs: 0, observations: [], haproxy: story.views } }, story.group);
  expect(fitnessOf([group])).toEqual({ dead: ["main"], measuredAtMs: { "main/wg1": 0, "main/wg2": 0 } });
  const unmeasured = { ...group, observations: new Map([["wg1", degraded("wg1")]]) };
  expect(fitnessOf([unmeasured]).dead).toEqual([]);
});
