import { expect, test } from "vitest";
import { hostClock } from "../../../../agent/address/mover/clock.ts";
import { openOwner } from "../../../../agent/address/mover/owner.ts";
import { Ec2Error } from "../../../../agent/aws/ec2Error.ts";
import { openLog } from "../../../../agent/daemon/log.ts";

/** The mode `route`, whose looks are calls of the API. */
const lookEveryMs = { idle: 30_000, losing: 2000, holding: 10_000, confirming: 500, waiting: 10_000 };

function ownerThat(known: boolean | null = null) {
  let nowMs = 0;
  let here: boolean | Error = true;
  const seen = { looks: 0, left: 0, changes: [] as boolean[], codes: [] as string[] };
  const owner = openOwner(
    {
      mode: {
        lookEveryMs,
        look: async () => {
          seen.looks += 1;
          if (here instanceof Error) throw here;
          return here;
        },
      },
      log: openLog(() => {}),
      clock: { ...hostClock, nowMs: () => nowMs },
      failed: (code) => seen.codes.push(code),
      changed: (isHere) => seen.changes.push(isHere),
      left: () => {
        seen.left += 1;
      },
    },
    known,
  );
  return {
    ...{ owner, seen },
    becomes: (to: boolean | Error) => {
      here = to;
    },
    at: async (ms: number, phase: keyof typeof lookEveryMs) => {
      nowMs = ms;
      await owner.look(phase);
    },
  };
}

test("an address that is missed is looked for again half a second later, whatever the node does meanwhile", async () => {
  const { owner, seen, becomes, at } = ownerThat();
  await at(0, "holding");
  becomes(false);
  await at(10_000, "losing");
  expect([owner.mine(), owner.isLeaving(), seen.left]).toEqual([false, true, 0]);
  await at(10_499, "idle");
  expect(seen.left).toBe(0);
  await at(10_500, "idle");
  expect([seen.left, owner.isLeaving(), seen.changes]).toEqual([1, false, [true, false]]);
});

test("an address that an earlier program had, and that is gone, is missed like any other", async () => {
  const { seen, becomes, at } = ownerThat(true);
  becomes(false);
  await at(0, "idle");
  await at(500, "idle");
  expect([seen.left, seen.changes]).toEqual([1, [false]]);
});

test("what was found out counts for three seconds of failed looks, and is unknown then", async () => {
  const { owner, seen, becomes, at } = ownerThat();
  await at(0, "holding");
  becomes(new Error("no metadata"));
  await at(10_000, "holding");
  await at(12_999, "holding");
  expect([owner.mine(), owner.problem()]).toEqual([true, "no metadata"]);
  await at(13_500, "holding");
  expect([owner.mine(), owner.known()]).toEqual([null, true]);
  becomes(true);
  await at(14_000, "waiting");
  expect([owner.mine(), owner.problem(), seen.changes]).toEqual([true, null, [true]]);
});

test("a change of keepalived's state makes a look due at once", async () => {
  const { seen, at, owner } = ownerThat();
  await at(0, "idle");
  await at(29_999, "idle");
  expect(seen.looks).toBe(1);
  owner.hasten();
  await at(29_999, "idle");
  expect(seen.looks).toBe(2);
});

test("this node's own cap on requests is waited for, and counts as no failure of the API", async () => {
  const { owner, seen, becomes, at } = ownerThat();
  becomes(new Ec2Error("unavailable", "OwnCap", "capped", 2000));
  await at(0, "waiting");
  await at(1999, "waiting");
  expect([seen.looks, seen.codes, owner.problem()]).toEqual([1, [], "capped"]);
  becomes(new Ec2Error("unavailable", "Unavailable", "busy"));
  await at(2000, "waiting");
  becomes(new Ec2Error("unavailable", "OwnCap", "capped", 2000));
  await at(2500, "waiting");
  expect([seen.looks, seen.codes, owner.problem()]).toEqual([3, ["Unavailable"], "busy"]);
});
