import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { noVpcFaults } from "../../../contract/vpc.ts";
import { setCut, setParted } from "../../../lab/vpc/inVpc.ts";
import { type Mode, type Movers, modes, type Node, openMovers } from "./movers.ts";
import { closeSubnet, lab, openSubnet } from "./namespaces.ts";
import { nodes } from "./spec.ts";
import { whoAnswers } from "./traffic.ts";

/** The agents' movers with all of AWS and none of the other daemons. */

beforeAll(() => openSubnet("t-mover"));
afterAll(closeSubnet);

let movers: Movers;
let address: string;

/** Each test begins with one MASTER that has the address. */
function inMode(mode: Mode): void {
  beforeAll(async () => {
    ({ address } = modes[mode]);
    movers = await openMovers(mode);
  });
  afterAll(() => movers?.stop());
  beforeEach(async () => {
    await movers.vpc.fail(noVpcFaults);
    movers.say("b", "BACKUP");
    movers.say("a", "MASTER");
    await foundAt("a");
  });
}

/** Both agents know who has the address; the one that lost it may look for it every other second alone. */
const foundAt = (node: Node) =>
  expect
    .poll(() => movers.pages(), { timeout: 30_000 })
    .toMatchObject(nodes.map((one) => ({ mine: one === node })));

const moves = async () => (await movers.vpc.state()).deliveries.length;
const ownerIs = (node: Node) =>
  expect.poll(async () => (await movers.vpc.state()).delivered[address], { timeout: 20_000 }).toBe(node);

describe.each(Object.keys(modes) as Mode[])("an address of the mode %s", (mode) => {
  inMode(mode);

  test("follows keepalived's MASTER, with one move", async () => {
    const before = await moves();
    movers.say("a", "BACKUP");
    movers.say("b", "MASTER");
    await ownerIs("b");
    expect(await whoAnswers(address)).toBe("b");
    await foundAt("b");
    expect(await moves()).toBe(before + 1);
  });

  test("is asked for once where its move takes effect late", async () => {
    const before = await moves();
    const calls = async () => (await movers.vpc.state()).calls[`${modes[mode].call} ok`] ?? 0;
    const called = await calls();
    await movers.vpc.fail({ effectMs: 1500 });
    movers.say("a", "BACKUP");
    movers.say("b", "MASTER");
    await ownerIs("b");
    expect([await moves(), await calls()]).toEqual([before + 1, called + 1]);
  });
});

describe("the address", () => {
  inMode("secondary-ip");

  test("does not move where both nodes are MASTER and hear each other's agent", async () => {
    const before = await moves();
    movers.say("b", "MASTER");
    await expect
      .poll(() => movers.pages(), { timeout: 10_000 })
      .toMatchObject([{ mine: true }, { contested: true }]);
    await delay(5000);
    expect(await moves()).toBe(before);
  });

  test("moves twice at most where the nodes do not reach each other for 15 s and the API reaches both", async () => {
    const before = await moves();
    setParted(lab, "a", "b", true);
    try {
      movers.say("b", "MASTER");
      await delay(15_000);
      expect((await moves()) - before).toBeGreaterThan(0);
      expect((await moves()) - before).toBeLessThanOrEqual(2);
    } finally {
      setParted(lab, "a", "b", false);
    }
  });

  test.each([
    ["the API answers 503", { api: "unavailable" as const }],
    ["AWS throttles", { api: "throttled" as const }],
    ["the API refuses the keys", { credentialsExpired: true }],
    ["the API says nothing", { api: "silent" as const }],
  ])("of a lost node is taken once AWS works again, where %s for two seconds", async (_, fault) => {
    const before = await moves();
    await movers.vpc.fail(fault);
    setCut(lab, "a", true);
    try {
      movers.say("b", "MASTER");
      await delay(2000);
      expect(await moves()).toBe(before);
      await movers.vpc.fail(noVpcFaults);
      await ownerIs("b");
      expect(await moves()).toBe(before + 1);
    } finally {
      setCut(lab, "a", false);
    }
  });

  test.each([
    ["the holder", "a" as const, 1],
    ["the other node, which then is MASTER as well,", "b" as const, 0],
  ])("is taken by no node that is reached again after 20 s: %s", async (_, cut, moved) => {
    const before = await moves();
    setCut(lab, cut, true);
    try {
      // As keepalived says it: each of them hears nobody.
      movers.say("b", "MASTER");
      await delay(20_000);
    } finally {
      setCut(lab, cut, false);
    }
    await delay(5000);
    expect((await moves()) - before).toBe(moved);
  });
});
