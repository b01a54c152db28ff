import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openLog } from "../../../../agent/daemon/log.ts";
import type { RuntimeClient } from "../../../../agent/haproxy/runtime.ts";
import { type Healing, openHealing } from "../../../../agent/health/healing.ts";
import { openRecovery } from "../../../../agent/health/recovery.ts";
import { bidAgain, giveUp } from "../../../../agent/health/trackFile.ts";
import type { RouteEvent } from "../../../../contract/routes/event.ts";
import { gone, good, silent, silentApi } from "./looks.ts";

/** The daemon's side, with root's door played on the real track file. */
let folder: string;
let trackFile: string;
let actions: string[];
/** Root's answer to a restart; after `spent` it hangs on. */
let answer: string;
let peerIsFit: boolean;
let events: RouteEvent[];
let journal: string[];
let recovered: string[];
let healing: Healing;

const spent = "too-many: HAProxy was restarted 3 times within 10 minutes\n";
const spared = "spared: its processes wait for a core\n";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"], now: 0 });
  vi.advanceTimersByTime(60_000);
  folder = mkdtempSync(join(tmpdir(), "hapair-healing-"));
  trackFile = join(folder, "haproxy-down");
  writeFileSync(trackFile, "0\n");
  [actions, answer, peerIsFit, events, journal, recovered] = [[], "\n", true, [], [], []];
  const door = async (verb: string): Promise<string> => {
    actions.push(verb);
    if (verb === "revive-or-give-up" && answer === spent) giveUp(trackFile);
    if (verb === "bid-again") bidAgain(trackFile);
    return verb === "bid-again" ? "\n" : answer;
  };
  const client: RuntimeClient = { ask: door, do: async (verb) => void (await door(verb)) };
  healing = openHealing({
    recovery: openRecovery(client),
    peerIsFit: async () => peerIsFit,
    trackFile,
    virtualAddress: "10.0.1.100",
    metrics: { recovered: (result) => recovered.push(result) },
    tell: (event) => events.push(event),
    log: openLog((line) => journal.push(line)),
  });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

/** So many looks that find the same, half a second apart; what they begin ends between them. */
async function looks(look: typeof silent, seconds: number): Promise<void> {
  for (let count = 0; count < seconds * 2; count += 1) {
    healing.follow(look);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    vi.advanceTimersByTime(500);
  }
}

const track = () => readFileSync(trackFile, "utf8");
const addresses = () => events.filter(({ type }) => type === "address");

test("where the budget of restarts is spent, a node gives the address up to a fit peer, and says so", async () => {
  answer = spent;
  await looks(silent, 1);
  expect([actions, track(), healing.hasGivenUp()]).toEqual([["revive-or-give-up"], "2\n", true]);
  expect(addresses()).toEqual([
    expect.objectContaining({ problem: expect.stringMatching(/hangs and is not restarted.*3 times/) }),
  ]);
  expect(journal.join("\n")).toMatch(/Giving up 10\.0\.1\.100 to the other nodes.*givenUp=true/);
  expect([healing.last(), recovered]).toMatchObject([{ result: "too-many" }, ["too-many"]]);
});

test("it is fit again as soon as HAProxy answers, or haproxy's unit says that it serves", async () => {
  answer = spent;
  await looks(silent, 1);
  await looks(silentApi, 0.5);
  expect([actions.at(-1), track(), healing.hasGivenUp()]).toEqual(["bid-again", "0\n", false]);
  expect(addresses().at(-1)).toMatchObject({ problem: null });
  expect(journal.at(-1)).toContain("Fit again for 10.0.1.100: HAProxy answers again");
  await looks(silent, 6);
  expect(track()).toBe("2\n");
  writeFileSync(trackFile, "0\n");
  await looks(good, 0.5);
  expect(journal.at(-1)).toContain("Fit again for 10.0.1.100: HAProxy was started again");
  expect(actions.filter((verb) => verb === "bid-again")).toHaveLength(1);
});

test("one that is stopped after it has given up is not called fit", async () => {
  answer = spent;
  await looks(silent, 1);
  writeFileSync(trackFile, "1\n");
  await looks(gone, 5);
  expect([track(), addresses().length, actions.includes("bid-again")]).toEqual(["1\n", 1, false]);
});

test("a track file that cannot be read stops nothing, and is told", async () => {
  rmSync(trackFile);
  mkdirSync(trackFile);
  await looks(silent, 1);
  expect([actions, healing.hasGivenUp()]).toEqual([["revive-or-give-up"], false]);
  expect(journal.join("\n")).toContain("haproxy's track file: EISDIR");
});

test("without a fit peer it goes on to bid, gives up as soon as there is one, and bids while there is none", async () => {
  answer = spent;
  peerIsFit = false;
  await looks(silent, 20);
  expect([actions, track()]).toEqual([["revive"], "0\n"]);
  peerIsFit = true;
  await looks(silent, 6);
  expect(track()).toBe("2\n");
  peerIsFit = false;
  await looks(silent, 6);
  expect(track()).toBe("0\n");
  expect(journal.at(-1)).toContain("no other node is fit for it");
});

test("a restart is tried again after a refusal, and a restart that is made gives nothing up", async () => {
  answer = spent;
  await looks(silent, 32);
  expect(actions).toEqual(["revive-or-give-up", "revive-or-give-up"]);
  answer = "\n";
  await looks(silent, 30);
  expect(recovered).toEqual(["too-many", "too-many", "made"]);
});

test("one that root spares keeps the address, and is asked about again", async () => {
  answer = spared;
  await looks(silent, 11);
  expect([actions, track()]).toEqual([Array(3).fill("revive-or-give-up"), "0\n"]);
  expect([events, recovered]).toEqual([[], ["spared", "spared", "spared"]]);
});
