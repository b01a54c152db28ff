import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { layoutOf } from "../../../../agent/store/layout.ts";
import { unfinished } from "../../../../agent/store/records.ts";
import { applied, atEveryPoint, live } from "./applying.ts";
import { bundle, Killed, ScratchHost } from "./scratchHost.ts";

const cfg = "etc/haproxy/haproxy.cfg";
const one = bundle("one");
const two = bundle("two", {}, ["etc/haproxy/extra.cfg", "etc/rsyslog.d/40-hapair.conf"]);

describe("kill -9 at every step", () => {
  test("of a change leaves the old or the new bundle live, and the next apply finishes the change", () =>
    atEveryPoint(
      async (host) => {
        await applied(host, one);
      },
      (host) => applied(host, two),
      async (host, point) => {
        expect(["one\n", "two\n"], point).toContain(live(host, cfg));
        host.revive();
        expect((await applied(host, two)).outcome, point).toMatch(/^applied$|^unchanged$/);
        expect(live(host, cfg), point).toBe("two\n");
        expect(live(host, "etc/haproxy/extra.cfg"), point).toBe("etc/haproxy/extra.cfg of two\n");
        expect(unfinished(layoutOf(host.root)), point).toBeUndefined();
        expect(await applied(host, two), point).toMatchObject({ outcome: "unchanged" });
      },
    ));

  test("of a change is undone completely by an apply of the old bundle", () =>
    atEveryPoint(
      async (host) => {
        await applied(host, one);
      },
      (host) => applied(host, two),
      async (host, point) => {
        host.revive();
        await applied(host, one);
        expect(live(host, cfg), point).toBe("one\n");
        expect(live(host, "etc/haproxy/extra.cfg"), point).toBeUndefined();
      },
    ));

  test("of a change that reloads makes the next apply reload again, whichever content is live", () =>
    atEveryPoint(
      async (host) => {
        await applied(host, one);
      },
      (host) => applied(host, two),
      async (host, point) => {
        const pending = unfinished(layoutOf(host.root));
        host.revive();
        const { actions } = await applied(host, two);
        if (pending) expect(actions, point).toContainEqual({ unit: "haproxy.service", verb: "reloaded" });
      },
    ));

  test("of the first apply keeps the distribution's files", () =>
    atEveryPoint(
      async () => {},
      (host) => applied(host, two),
      async (host, point) => {
        expect(["distribution\n", "two\n"], point).toContain(live(host, cfg));
        host.revive();
        await applied(host, two);
        const original = join(layoutOf(host.root).store, "before/files", cfg);
        expect(readFileSync(original, "utf8"), point).toBe("distribution\n");
      },
    ));

  test("of the way back leaves the previous bundle live after the next apply of it", () =>
    atEveryPoint(
      async (host) => {
        await applied(host, one);
      },
      (host) => {
        host.failOnce("systemctl reload haproxy.service", "refused");
        return applied(host, two);
      },
      async (host, point) => {
        expect(["one\n", "two\n"], point).toContain(live(host, cfg));
        host.revive();
        await applied(host, one);
        expect(live(host, cfg), point).toBe("one\n");
        expect(live(host, "etc/rsyslog.d/40-hapair.conf"), point).toBeUndefined();
        expect(unfinished(layoutOf(host.root)), point).toBeUndefined();
      },
    ));

  test("and then a failed apply goes back to the last confirmed bundle, not to the unfinished one", async () => {
    const host = new ScratchHost();
    await applied(host, one);
    host.revive();
    host.killAt = 12;
    await expect(applied(host, two)).rejects.toThrow(Killed);
    host.revive();
    host.failOnce("systemctl reload haproxy.service", "refused");
    expect(await applied(host, bundle("three"))).toMatchObject({ outcome: "restored" });
    expect(live(host, cfg)).toBe("one\n");
    host.remove();
  });
});
