import { describe, expect, it } from "vitest";
import { both, degraded, groupOf, online, Story, settled } from "./electionFixtures.ts";

const names = ["wg1", "wg2", "warp"];
const answers = () => [online("wg1", 20), online("wg2", 20), degraded("warp")];

/** A group in which the site of haproxy's checks is down and haproxy marks every proxy down. */
function deadSite(): Story {
  const story = new Story(groupOf(names));
  story.after(0, online("wg1", 20), online("wg2", 20), online("warp", 20));
  for (const name of names) story.view(name, "down");
  return story;
}

it("a dead site does not fail proxies that the agent gets through, nor move the preference between them", () => {
  const story = deadSite();
  expect(story.after(0.5)).toMatchObject({ memory: { preferred: "wg1" }, events: [], dead: [] });
  const { memory } = story.after(5, ...answers());
  expect(memory.preferred).toBe("wg1");
  expect(memory.servers.map(({ name, usable, failures }) => [name, usable, failures])).toEqual([
    ["wg1", true, 0],
    ["wg2", true, 0],
    // Its only measurement asks the dead site.
    ["warp", false, 1],
  ]);
});

it("proxies do not fail when haproxy marks them up again one after the other", () => {
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

it("a proxy that the agent finds dead too, while haproxy marks all down, has failed once", () => {
  const story = deadSite();
  story.after(0.5);
  const verdict = story.after(1, degraded("wg1"));
  expect(verdict).toMatchObject({ memory: { preferred: "wg2" }, dead: ["wg1"] });
  expect(story.memory.servers[0]).toMatchObject({ failures: 1, heldUntilMs: story.nowMs + 10_000 });
  story.after(1, degraded("wg1"));
  expect(story.memory.servers[0]).toMatchObject({ failures: 1 });
});

describe("where nothing carries traffic", () => {
  it("a server that haproxy says is up is tried before one that only the agent reached", () => {
    const story = new Story(groupOf(["wg1", "wg2", "warp"]));
    story.views = { wg1: "down", wg2: "down", warp: "up" };
    expect(story.after(0, online("wg2", 20), degraded("warp")).memory.preferred).toBe("warp");
    expect(story.view("warp", "down").after(1).memory.preferred).toBe("wg2");
  });

  it("a last resort that haproxy marked down last is left where the agent reaches a real server", () => {
    const story = settled(200).view("wg1", "down").view("wg2", "down");
    expect(story.after(0.5).memory.preferred).toBe("warp");
    expect(story.view("warp", "down").after(0.5).memory.preferred).toBe("wg1");
    expect(story.after(1, ...both(200, 200), online("warp", 5)).memory.preferred).toBe("wg1");
  });

  it("the preferred server stays, without an event", () => {
    const story = settled(200).view("wg1", "down").view("wg2", "down").view("warp", "down");
    story.after(1, degraded("wg1"), degraded("wg2"), degraded("warp"));
    const before = story.memory.preferred;
    expect(story.after(1)).toMatchObject({ memory: { preferred: before }, events: [] });
  });
});
