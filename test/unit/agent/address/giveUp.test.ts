import { describe, expect, test } from "vitest";
import {
  decideVip,
  emptyVipMemory,
  type VipInput,
  type VipMemory,
} from "../../../../agent/address/decide.ts";
import { input, peer } from "./addressFixtures.ts";

const gaveUp: VipMemory = { ...emptyVipMemory, givenUp: true, giveUps: 1, gaveUpAtMs: 1_000_000 };

describe("a node gives the virtual address up", () => {
  const worse = (ms: number, more: Partial<VipInput> = {}) =>
    input({ dead: ["main"], nowMs: 1_000_000 + ms, ...more });

  test("when a peer was better off in two polls in a row", () => {
    const once = decideVip(emptyVipMemory, worse(0));
    expect(once.givenUp).toBe(false);
    expect(decideVip(once, worse(500)).givenUp).toBe(true);
    expect(decideVip(decideVip(once, input({})), worse(500)).givenUp).toBe(false);
  });

  test("only after every dead server was measured again since it first found a peer better off", () => {
    const measured = (wg1: number, wg2: number) => ({ measuredAtMs: { "main/wg1": wg1, "main/wg2": wg2 } });
    let memory = decideVip(emptyVipMemory, worse(0, measured(1, 2)));
    for (const ms of [500, 1000, 1500]) memory = decideVip(memory, worse(ms, measured(1, 2)));
    memory = decideVip(memory, worse(2000, measured(3, 2)));
    expect(memory.givenUp).toBe(false);
    expect(decideVip(memory, worse(2500, measured(3, 4))).givenUp).toBe(true);
  });

  test.each([
    ["no peer answers", { peers: [] }],
    ["its peer has the same group dead", { peers: [peer({ dead: ["main"] })] }],
    ["its peer has another group dead", { peers: [peer({ dead: ["other"] })] }],
    ["its peer has given up itself", { peers: [peer({ givenUp: true })] }],
    ["its peer could not take it", { peers: [peer({ able: false })] }],
    ["it does not hold it", { holder: false }],
  ] satisfies [string, Partial<VipInput>][])("but not where %s", (_, more) => {
    let memory = emptyVipMemory;
    for (let poll = 0; poll < 5; poll += 1) memory = decideVip(memory, worse(poll * 500, more));
    expect(memory.givenUp).toBe(false);
  });
});

test("a node that was alone waits for its own checks before it gives up for a peer that answers again", () => {
  const at = (memory: VipMemory, s: number, more: Partial<VipInput>) =>
    decideVip(memory, input({ nowMs: 1_000_000 + s * 1000, dead: ["main"], ...more }));
  let memory = at(emptyVipMemory, 0, { peers: [] });
  for (const s of [1, 2, 3, 4]) memory = at(memory, s, {});
  expect(memory.givenUp).toBe(false);
  for (const s of [5, 6]) memory = at(memory, s, {});
  expect(memory.givenUp).toBe(true);
});

describe("a node that has given up is fit again", () => {
  test("when its groups have worked for the hold-down, which doubles with each give-up", () => {
    for (const [giveUps, waitS] of [
      [1, 10],
      [2, 20],
      [6, 300],
      [60, 300],
    ] as const) {
      const at = (memory: VipMemory, s: number) => decideVip(memory, input({ nowMs: 1_000_000 + s * 1000 }));
      const works = at({ ...gaveUp, giveUps }, 0);
      expect(at(works, waitS - 1).givenUp).toBe(true);
      expect(at(works, waitS).givenUp).toBe(false);
    }
  });

  test.each([
    ["no peer answers", { dead: ["main"], peers: [] }],
    ["the peer has the same group dead", { dead: ["main"], peers: [peer({ dead: ["main"] })] }],
    ["the peer's group died while its own works", { peers: [peer({ dead: ["main"] })] }],
    ["the peer has given up as well", { dead: ["main"], peers: [peer({ givenUp: true })] }],
    ["the peer can no longer hold it", { dead: ["main"], peers: [peer({ able: false })] }],
  ] satisfies [string, Partial<VipInput>][])("at once where %s", (_, more) => {
    expect(decideVip(gaveUp, input(more)).givenUp).toBe(false);
  });

  test("after seconds without a holder, and then does not give up again for the longest hold-down", () => {
    const at = (memory: VipMemory, s: number, more: Partial<VipInput>) =>
      decideVip(memory, input({ nowMs: 1_000_000 + s * 1000, dead: ["main"], holder: false, ...more }));
    const taken = { peers: [peer({ holder: true })] };
    let memory = gaveUp;
    for (let s = 0; s < 60; s += 1) memory = at(memory, s, taken);
    for (const s of [60, 61, 62]) memory = at(memory, s, {});
    memory = at(memory, 63, taken);
    for (const s of [64, 65, 66]) memory = at(memory, s, {});
    expect(memory.givenUp).toBe(true);
    memory = at(memory, 67, {});
    expect(memory.givenUp).toBe(false);
    for (let s = 68; s < 67 + 300; s += 1) memory = at(memory, s, { holder: true });
    expect(memory.givenUp).toBe(false);
    for (const s of [367, 368]) memory = at(memory, s, { holder: true });
    expect(memory.givenUp).toBe(true);
  });

  test("and counts its give-ups no longer than their limit where the clock was set back", () => {
    const ahead = { ...emptyVipMemory, giveUps: 5, gaveUpAtMs: 9e12, keepsUntilMs: 9e12, aloneAtMs: 9e12 };
    const back = decideVip(ahead, input({}));
    expect(back.keepsUntilMs).toBe(1_300_000);
    expect(decideVip(back, input({ nowMs: 1_599_999 })).giveUps).toBe(5);
    expect(decideVip(back, input({ nowMs: 1_600_000 })).giveUps).toBe(0);
  });

  test("not after a short recovery: another failure restarts the hold-down", () => {
    const works = decideVip(gaveUp, input({}));
    const fails = decideVip(works, input({ nowMs: 1_005_000, dead: ["main"] }));
    expect(decideVip(fails, input({ nowMs: 1_011_000 })).givenUp).toBe(true);
  });
});
