import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { apply } from "../../../../agent/apply/apply.ts";
import type { Outcome } from "../../../../agent/apply/runTransaction.ts";
import { layoutOf } from "../../../../agent/store/layout.ts";
import { readBundle } from "../../../../agent/store/readBundle.ts";
import type { Kind } from "../../../../agent/store/records.ts";
import { readHistory } from "../../../../agent/store/records.ts";
import { bundle, ScratchHost } from "./scratchHost.ts";

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

function applied(raw: Buffer, options: { unlessHolder?: boolean; kind?: Kind } = {}): Promise<Outcome> {
  const known = readBundle(raw, host.name);
  return apply(host, { known, unlessHolder: false, kind: "apply", ...options });
}

/** The content at a live path, read as a daemon would: the links are absolute, so by way of the host's root. */
function live(path: string): string {
  const at = join(host.root, path);
  if (!lstatSync(at).isSymbolicLink()) return readFileSync(at, "utf8");
  return readFileSync(join(host.root, "var/lib/hapair/current", path), "utf8");
}

const cfg = "etc/haproxy/haproxy.cfg";

describe("an apply", () => {
  test("makes the bundle's files live with their modes, and starts its units", async () => {
    const outcome = await applied(bundle("one"));
    expect(outcome.outcome).toBe("applied");
    expect(live(cfg)).toBe("one\n");
    expect(statSync(join(host.root, "var/lib/hapair/current/etc/hapair/secret")).mode & 0o777).toBe(0o600);
    expect(statSync(join(host.root, "var/lib/hapair/current/.bundle.json")).mode & 0o777).toBe(0o600);
    expect(host.active).toContain("haproxy.service");
    expect(host.enabled).toContain("haproxy.service");
  });

  test("of the same bundle again does nothing and says so", async () => {
    await applied(bundle("one"));
    host.commands.length = 0;
    expect(await applied(bundle("one"))).toMatchObject({ outcome: "unchanged", changed: [], actions: [] });
    expect(host.commands.filter((line) => !/^systemctl (show|is-enabled)/.test(line))).toEqual([]);
  });

  test("of the same bundle starts a unit that somebody stopped", async () => {
    await applied(bundle("one"));
    host.active.clear();
    const outcome = await applied(bundle("one"));
    expect(outcome.actions).toEqual([{ unit: "haproxy.service", verb: "started" }]);
  });

  test("of the same bundle enables a unit that the next boot would not start", async () => {
    await applied(bundle("one"));
    host.enabled.clear();
    expect(await applied(bundle("one"))).toMatchObject({ outcome: "applied", actions: [] });
    expect(host.enabled).toContain("haproxy.service");
  });

  test("reloads only the daemons whose files changed", async () => {
    const units = { enabled: ["haproxy.service", "keepalived.service"], disabled: [] };
    await applied(bundle("one", { units }));
    expect((await applied(bundle("two", { units }))).actions).toEqual([
      { unit: "haproxy.service", verb: "reloaded" },
    ]);
  });

  test("restarts a unit whose drop-in changed", async () => {
    const dropIn = "etc/systemd/system/haproxy.service.d/hapair.conf";
    await applied(bundle("one", {}, [dropIn]));
    const outcome = await applied(bundle("two", {}, [dropIn]));
    expect(outcome.actions).toEqual([{ unit: "haproxy.service", verb: "restarted" }]);
    expect(host.commands).toContain("systemctl daemon-reload");
  });

  test("stops the units that it disables and those that it no longer names", async () => {
    host.active.add("pgbouncer.service");
    await applied(
      bundle("one", {
        units: { enabled: ["haproxy.service", "old.service"], disabled: ["pgbouncer.service"] },
      }),
    );
    expect(host.active).not.toContain("pgbouncer.service");
    await applied(bundle("two"));
    expect(host.active).not.toContain("old.service");
  });

  test("keeps five old bundles", async () => {
    for (let turn = 0; turn < 9; turn++) await applied(bundle(`turn ${turn}`));
    expect(readdirSync(layoutOf(host.root).bundles)).toHaveLength(6);
    expect(live(cfg)).toBe("turn 8\n");
  });
});

describe("a failed apply", () => {
  test("that a checker refuses touches nothing", async () => {
    await applied(bundle("one"));
    host.answer = (line) => (line.startsWith("haproxy -c") ? { stdout: "unknown keyword" } : undefined);
    await expect(applied(bundle("two"))).rejects.toThrow("unknown keyword");
    expect(live(cfg)).toBe("one\n");
    expect(existsSync(layoutOf(host.root).pending)).toBe(false);
  });

  test("goes back to the bundle before and gives the reason", async () => {
    await applied(bundle("one"));
    host.failOnce("systemctl reload haproxy.service", "no such backend");
    const outcome = await applied(bundle("two"));
    expect(outcome).toMatchObject({
      outcome: "restored",
      reason: expect.stringContaining("no such backend"),
    });
    expect(live(cfg)).toBe("one\n");
    expect(outcome.actions).toEqual([{ unit: "haproxy.service", verb: "reloaded" }]);
    expect(await applied(bundle("one"))).toMatchObject({ outcome: "unchanged" });
  });

  test("of the first bundle gives the host back as the distribution left it", async () => {
    host.answer = (line) =>
      line === "systemctl restart haproxy.service" ? { stderr: "bind: in use" } : undefined;
    expect(await applied(bundle("one"))).toMatchObject({ outcome: "restored" });
    expect(lstatSync(join(host.root, cfg)).isSymbolicLink()).toBe(false);
    expect(live(cfg)).toBe("distribution\n");
    expect(statSync(join(host.root, cfg)).mode & 0o777).toBe(0o640);
    expect(existsSync(join(host.root, "etc/hapair/secret"))).toBe(false);
    expect(host.enabled.size).toBe(0);
  });

  test("whose way back fails too asks for somebody, and the next apply mends it", async () => {
    await applied(bundle("one"));
    host.answer = (line) => (line === "systemctl reload haproxy.service" ? { stderr: "broken" } : undefined);
    expect(await applied(bundle("two"))).toMatchObject({ outcome: "stuck" });
    expect(live(cfg)).toBe("one\n");
    host.answer = () => undefined;
    expect(await applied(bundle("one"))).toMatchObject({
      outcome: "applied",
      actions: [{ unit: "haproxy.service", verb: "reloaded" }],
    });
  });
});

describe("a file edited by hand", () => {
  test("in place of the link is kept aside and put back", async () => {
    await applied(bundle("one"));
    rmSync(join(host.root, cfg));
    writeFileSync(join(host.root, cfg), "mine\n");
    const outcome = await applied(bundle("one"));
    expect(outcome).toMatchObject({
      outcome: "applied",
      edited: [cfg],
      actions: [{ unit: "haproxy.service", verb: "reloaded" }],
    });
    expect(live(cfg)).toBe("one\n");
    expect(keptAside(cfg)).toEqual(["mine\n"]);
  });

  test("through the link is kept aside and put back, also under a new bundle", async () => {
    await applied(bundle("one"));
    writeFileSync(join(host.root, "var/lib/hapair/current", cfg), "mine\n");
    const outcome = await applied(bundle("two"));
    expect(outcome.edited).toEqual([cfg]);
    expect(live(cfg)).toBe("two\n");
    expect(keptAside(cfg)).toEqual(["mine\n"]);
    expect(await applied(bundle("one"), { kind: "rollback" })).toMatchObject({
      outcome: "applied",
      edited: [],
    });
    expect(live(cfg)).toBe("one\n");
  });

  function keptAside(path: string): string[] {
    const { edited } = layoutOf(host.root);
    return readdirSync(edited).map((moment) => readFileSync(join(edited, moment, path), "utf8"));
  }
});

test("a file that a bundle no longer has goes back to what the distribution had", async () => {
  await applied(bundle("one"));
  const without = JSON.parse(bundle("two").toString());
  without.files = without.files.filter((file: { path: string }) => file.path !== cfg);
  await applied(Buffer.from(JSON.stringify(without)));
  expect(live(cfg)).toBe("distribution\n");
  await applied(bundle("three"));
  expect(live(cfg)).toBe("three\n");
});

test("a roll-back takes the last bundle out of the history", async () => {
  for (const text of ["one", "two"]) await applied(bundle(text));
  await applied(bundle("one"), { kind: "rollback" });
  expect(readHistory(layoutOf(host.root))).toHaveLength(1);
});

describe("the data path", () => {
  const withProof = (text: string): Buffer => {
    const whole = JSON.parse(bundle(text).toString());
    const proof = { host: "127.0.0.1", port: 5432, user: "probe", password: "secret", database: "postgres" };
    const node = {
      virtualAddress: "10.0.1.100",
      runtimeSocket: "/r",
      masterSocket: "/m",
      serverStateFile: "/s",
      pool: { backend: "poolers", proof },
    };
    const { owner, group } = whole.files[0];
    const agent = {
      path: "etc/hapair/agent.json",
      mode: "0600",
      owner,
      group,
      text: JSON.stringify({ host: "haproxy1", node }),
    };
    return Buffer.from(JSON.stringify({ ...whole, files: [...whole.files, agent] }));
  };

  test("must carry a query under the first bundle", async () => {
    host.dataPath = false;
    expect(await applied(withProof("one"))).toMatchObject({
      outcome: "restored",
      reason: expect.stringContaining("connection refused"),
    });
  });

  test("that breaks under a bundle takes it back", async () => {
    await applied(withProof("one"));
    const query = host.query.bind(host);
    host.query = async () => {
      if (live(cfg) === "two\n") throw new Error("connection reset");
      return query();
    };
    expect(await applied(withProof("two"))).toMatchObject({ outcome: "restored" });
    expect(live(cfg)).toBe("one\n");
  });

  test("that was broken before keeps no bundle from going live, and is reported", async () => {
    await applied(withProof("one"));
    host.dataPath = false;
    expect(await applied(withProof("two"))).toMatchObject({
      outcome: "applied",
      proof: { fails: "connection refused" },
    });
  });

  test("a node that holds the address is skipped when asked, with the bundle checked and kept", async () => {
    await applied(withProof("one"));
    host.onInterface = ["127.0.0.1", "10.0.1.100"];
    const next = withProof("two");
    const outcome = await applied(next, { unlessHolder: true });
    expect(outcome).toMatchObject({
      outcome: "skipped",
      changed: ["etc/hapair/secret", cfg, "etc/sysctl.d/60-hapair.conf"],
    });
    expect(live(cfg)).toBe("one\n");
    expect(existsSync(join(layoutOf(host.root).bundles, outcome.bundle))).toBe(true);
  });
});

describe("the store", () => {
  test("that is a link to somewhere else is refused", async () => {
    mkdirSync(join(host.root, "var/lib"), { recursive: true });
    mkdirSync(join(host.root, "elsewhere"));
    symlinkSync(join(host.root, "elsewhere"), join(host.root, "var/lib/hapair"));
    await expect(applied(bundle("one"))).rejects.toThrow("only root can write to");
    expect(readdirSync(join(host.root, "elsewhere"))).toEqual([]);
  });

  test("that others can write to is refused", async () => {
    mkdirSync(join(host.root, "var/lib/hapair"), { recursive: true });
    chmodSync(join(host.root, "var/lib/hapair"), 0o777);
    await expect(applied(bundle("one"))).rejects.toThrow("only root can write to");
  });

  test("a staged bundle that somebody changed is staged anew", async () => {
    await applied(bundle("one"));
    await applied(bundle("two"));
    const { sha } = readBundle(bundle("one"), host.name);
    const staged = join(layoutOf(host.root).bundles, sha, cfg);
    rmSync(staged);
    symlinkSync("/etc/shadow", staged);
    await applied(bundle("one"));
    expect(live(cfg)).toBe("one\n");
  });

  test("a folder where a file is to go is refused before anything is touched", async () => {
    mkdirSync(join(host.root, "etc/hapair/secret"), { recursive: true });
    await expect(applied(bundle("one"))).rejects.toThrow("move it away");
    expect(live(cfg)).toBe("distribution\n");
  });
});
