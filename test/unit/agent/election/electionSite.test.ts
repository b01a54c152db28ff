import { expect, it } from "vitest";
import { degraded, groupOf, online, Story } from "./electionFixtures.ts";

const names = ["wg1", "wg2", "warp"];
const answers = () => [online("wg1", 20), online("wg2", 20), degraded("warp")];

/** A group in which haproxy's target dies, and every proxy with it in haproxy's eyes; the agent's second one answers. */
function deadSite(): Story {
  const story = new Story(groupOf(names));
  story.after(0, online("wg1", 20), online("wg2", 20), online("warp", 20));
  for (const name of names) story.view(name, "down");
  return story;
}

it("a dead site is no failure of the proxies by which the agent gets through, and moves no preference between them", () => {
  const story = deadSite();
  expect(story.after(0.5)).toMatchObject({ memory: { preferred: "wg1" }, events: [], dead: [] });
  const { memory } = story.after(5, ...answers());
  expect(memory.preferred).toBe("wg1");
  expect(memory.servers.map(({ name, usable, failures }) => [name, usable, failures])).toEqual([
    ["wg1", true, 0],
    ["wg2", true, 0],
    // Its own measurement asks the dead site alone.
    ["warp", false, 1],
  ]);
});

it("nor is it one that haproxy finds them alive again one after the other", () => {
  const story = deadSite();
  story.after(0.5);
  story.after(5, ...answers());
  for (const name of ["wg2", "warp", "wg1"]) story.view(name, "up").after(0.5);
  story.after(5, ...answers());
  expect(
    story.memory.servers.map(({ failures, heldUntilMs }) => [failures, heldUntilMs]).slice(0, 2),
  ).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

it("a proxy that the agent finds dead as well while haproxy takes all for dead has failed, once", () => {
  const story = deadSite();
  story.after(0.5);
  const verdict = story.after(1, degraded("wg1"));
  expect(verdict).toMatchObject({ memory: { preferred: "wg2" }, dead: ["wg1"] });
  expect(story.memory.servers[0]).toMatchObject({ failures: 1, heldUntilMs: story.nowMs + 10_000 });
  story.after(1, degraded("wg1"));
  expect(story.memory.servers[0]).toMatchObject({ failures: 1 });
});
