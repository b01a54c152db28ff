import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rollback } from "../../../../agent/apply/apply.ts";
import { layoutOf } from "../../../../agent/store/layout.ts";
import { readBundle } from "../../../../agent/store/readBundle.ts";
import { readHistory, unfinished } from "../../../../agent/store/records.ts";
import { applied, atEveryPoint, live } from "./applying.ts";
import { bundle, Killed, ScratchHost } from "./scratchHost.ts";

const cfg = "etc/haproxy/haproxy.cfg";
const bundles = ["zero", "one", "two"].map((text) => bundle(text));
const [zero, one, two] = bundles.map((raw) => readBundle(raw, "haproxy1").sha);

async function withThree(host: ScratchHost): Promise<void> {
  for (const raw of bundles) await applied(host, raw);
}

function confirmedOn(host: ScratchHost): readonly string[] {
  return readHistory(layoutOf(host.root)).map(({ bundle }) => bundle);
}

/** The second of three bundles is live, nothing is unfinished, and the next rollback makes the first one live. */
async function isOneBack(host: ScratchHost, point: string): Promise<void> {
  expect(live(host, cfg), point).toBe("one\n");
  expect(confirmedOn(host), point).toEqual([zero, one]);
  expect(unfinished(layoutOf(host.root)), point).toBeUndefined();
  host.revive();
  await rollback(host);
  expect(live(host, cfg), point).toBe("zero\n");
}

describe("a rollback", () => {
  test("killed at any step is finished by the next rollback, and the removed bundle does not return", () =>
    atEveryPoint(withThree, rollback, async (host, point) => {
      host.revive();
      expect(await rollback(host), point).toMatchObject({ outcome: "applied" });
      await isOneBack(host, point);
    }));

  test("killed several times is finished all the same", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { minLength: 2, maxLength: 4 }), async (kills) => {
        const host = new ScratchHost();
        await withThree(host);
        let ended = false;
        for (const killAt of kills) {
          if (ended) break;
          host.revive();
          host.killAt = killAt;
          ended = await rollback(host).then(
            () => true,
            (error) => !(error instanceof Killed),
          );
        }
        host.revive();
        if (!ended) await rollback(host);
        await isOneBack(host, String(kills));
        host.remove();
      }),
      { numRuns: 60 },
    ));

  test("killed on its way back is finished by the next rollback", () =>
    atEveryPoint(
      withThree,
      (host) => {
        host.failOnce("systemctl reload haproxy.service", "refused");
        return rollback(host);
      },
      async (host, point) => {
        host.revive();
        await rollback(host);
        await isOneBack(host, point);
      },
    ));

  test("after a killed apply makes the previous bundle live, and the killed one is not in the history", () =>
    atEveryPoint(
      async (host) => {
        for (const raw of bundles.slice(0, 2)) await applied(host, raw);
      },
      (host) => applied(host, bundle("two")),
      async (host, point) => {
        if (unfinished(layoutOf(host.root)) === undefined) return;
        host.revive();
        await rollback(host);
        await isOneBack(host, point);
      },
    ));

  test("has nowhere to go from the first bundle", async () => {
    const host = new ScratchHost();
    await applied(host, bundle("zero"));
    await expect(rollback(host)).rejects.toThrow("there is no bundle before this one");
    host.remove();
  });
});

describe("a bundle that fails", () => {
  test("after an apply that was killed when its bundle was proven goes back to that bundle", () =>
    atEveryPoint(
      async (host) => {
        await applied(host, bundle("one"));
      },
      (host) => applied(host, bundle("two")),
      async (host, point) => {
        const proven = confirmedOn(host).includes(two ?? "");
        host.revive();
        host.failOnce("systemctl reload haproxy.service", "refused");
        expect(await applied(host, bundle("three")), point).toMatchObject({ outcome: "restored" });
        expect(live(host, cfg), point).toBe(proven ? "two\n" : "one\n");
      },
    ));
});

test("a rollback removes the last bundle from the history", async () => {
  const host = new ScratchHost();
  for (const text of ["one", "two"]) await applied(host, bundle(text));
  await applied(host, bundle("one"), { kind: "rollback" });
  expect(readHistory(layoutOf(host.root))).toHaveLength(1);
  host.remove();
});

test("an apply that an older program left unfinished is finished", async () => {
  const host = new ScratchHost();
  await applied(host, bundle("one"));
  host.revive();
  host.killAt = 12;
  await expect(applied(host, bundle("two"))).rejects.toThrow(Killed);
  const { pending } = layoutOf(host.root);
  const { kind: _, ...older } = JSON.parse(readFileSync(pending, "utf8"));
  writeFileSync(pending, JSON.stringify({ ...older, direction: "forward" }));
  host.revive();
  expect(await applied(host, bundle("two"))).toMatchObject({ outcome: "applied" });
  expect(unfinished(layoutOf(host.root))).toBeUndefined();
  host.remove();
});
