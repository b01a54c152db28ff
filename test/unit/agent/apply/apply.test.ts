import { existsSync, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { layoutOf } from "../../../../agent/store/layout.ts";
import { applied, live } from "./applying.ts";
import { bundle, ScratchHost } from "./scratchHost.ts";

const cfg = "etc/haproxy/haproxy.cfg";

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

describe("an apply", () => {
  test("makes the bundle's files live with their modes, and starts its units", async () => {
    const outcome = await applied(host, bundle("one"));
    expect(outcome.outcome).toBe("applied");
    expect(live(host, cfg)).toBe("one\n");
    expect(statSync(join(host.root, "var/lib/hapair/current/etc/hapair/secret")).mode & 0o777).toBe(0o600);
    expect(statSync(join(host.root, "var/lib/hapair/current/.bundle.json")).mode & 0o777).toBe(0o600);
    expect(host.active).toContain("haproxy.service");
    expect(host.enabled).toContain("haproxy.service");
  });

  test("of the same bundle again changes nothing and says so", async () => {
    await applied(host, bundle("one"));
    host.commands.length = 0;
    expect(await applied(host, bundle("one"))).toMatchObject({
      outcome: "unchanged",
      changed: [],
      actions: [],
    });
    expect(host.commands.filter((line) => !/^systemctl (show|is-enabled)/.test(line))).toEqual([]);
  });

  test("of the same bundle starts a unit that somebody stopped", async () => {
    await applied(host, bundle("one"));
    host.active.clear();
    const outcome = await applied(host, bundle("one"));
    expect(outcome.actions).toEqual([{ unit: "haproxy.service", verb: "started" }]);
  });

  test("of the same bundle enables a unit that the next boot would not start", async () => {
    await applied(host, bundle("one"));
    host.enabled.clear();
    expect(await applied(host, bundle("one"))).toMatchObject({ outcome: "applied", actions: [] });
    expect(host.enabled).toContain("haproxy.service");
  });

  test("reloads only the daemons whose files changed", async () => {
    const units = { enabled: ["haproxy.service", "keepalived.service"], disabled: [] };
    await applied(host, bundle("one", { units }));
    expect((await applied(host, bundle("two", { units }))).actions).toEqual([
      { unit: "haproxy.service", verb: "reloaded" },
    ]);
  });

  test("restarts a unit whose drop-in changed", async () => {
    const dropIn = "etc/systemd/system/haproxy.service.d/hapair.conf";
    await applied(host, bundle("one", {}, [dropIn]));
    const outcome = await applied(host, bundle("two", {}, [dropIn]));
    expect(outcome.actions).toEqual([{ unit: "haproxy.service", verb: "restarted" }]);
    expect(host.commands).toContain("systemctl daemon-reload");
  });

  test("stops units that it disables and units that it no longer names", async () => {
    host.active.add("pgbouncer.service");
    await applied(
      host,
      bundle("one", {
        units: { enabled: ["haproxy.service", "old.service"], disabled: ["pgbouncer.service"] },
      }),
    );
    expect(host.active).not.toContain("pgbouncer.service");
    await applied(host, bundle("two"));
    expect(host.active).not.toContain("old.service");
  });

  test("keeps five old bundles", async () => {
    for (let turn = 0; turn < 9; turn++) await applied(host, bundle(`turn ${turn}`));
    expect(readdirSync(layoutOf(host.root).bundles)).toHaveLength(6);
    expect(live(host, cfg)).toBe("turn 8\n");
  });
});

describe("a failed apply", () => {
  test("that a checker refuses touches nothing", async () => {
    await applied(host, bundle("one"));
    host.answer = (line) => (line.startsWith("haproxy -c") ? { stdout: "unknown keyword" } : undefined);
    await expect(applied(host, bundle("two"))).rejects.toThrow("unknown keyword");
    expect(live(host, cfg)).toBe("one\n");
    expect(existsSync(layoutOf(host.root).pending)).toBe(false);
  });

  test("goes back to the previous bundle and gives the reason", async () => {
    await applied(host, bundle("one"));
    host.failOnce("systemctl reload haproxy.service", "no such backend");
    const outcome = await applied(host, bundle("two"));
    expect(outcome).toMatchObject({
      outcome: "restored",
      reason: expect.stringContaining("no such backend"),
    });
    expect(live(host, cfg)).toBe("one\n");
    expect(outcome.actions).toEqual([{ unit: "haproxy.service", verb: "reloaded" }]);
    expect(await applied(host, bundle("one"))).toMatchObject({ outcome: "unchanged" });
  });

  test("of the first bundle restores the distribution's files", async () => {
    host.answer = (line) =>
      line === "systemctl restart haproxy.service" ? { stderr: "bind: in use" } : undefined;
    expect(await applied(host, bundle("one"))).toMatchObject({ outcome: "restored" });
    expect(lstatSync(join(host.root, cfg)).isSymbolicLink()).toBe(false);
    expect(live(host, cfg)).toBe("distribution\n");
    expect(statSync(join(host.root, cfg)).mode & 0o777).toBe(0o640);
    expect(existsSync(join(host.root, "etc/hapair/secret"))).toBe(false);
    expect(host.enabled.size).toBe(0);
  });

  test("whose way back fails too is stuck, and the next apply repairs it", async () => {
    await applied(host, bundle("one"));
    host.answer = (line) => (line === "systemctl reload haproxy.service" ? { stderr: "broken" } : undefined);
    expect(await applied(host, bundle("two"))).toMatchObject({ outcome: "stuck" });
    expect(live(host, cfg)).toBe("one\n");
    host.answer = () => undefined;
    expect(await applied(host, bundle("one"))).toMatchObject({
      outcome: "applied",
      actions: [{ unit: "haproxy.service", verb: "reloaded" }],
    });
  });
});
