import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { layoutOf } from "../../../../agent/store/layout.ts";
import { readBundle } from "../../../../agent/store/readBundle.ts";
import { applied, live } from "./applying.ts";
import { bundle, ScratchHost } from "./scratchHost.ts";

const cfg = "etc/haproxy/haproxy.cfg";

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

describe("a file edited by hand", () => {
  test("in place of the link is moved aside and restored", async () => {
    await applied(host, bundle("one"));
    rmSync(join(host.root, cfg));
    writeFileSync(join(host.root, cfg), "mine\n");
    const outcome = await applied(host, bundle("one"));
    expect(outcome).toMatchObject({
      outcome: "applied",
      edited: [cfg],
      actions: [{ unit: "haproxy.service", verb: "reloaded" }],
    });
    expect(live(host, cfg)).toBe("one\n");
    expect(keptAside(cfg)).toEqual(["mine\n"]);
  });

  test("through the link is moved aside and restored, also under a new bundle", async () => {
    await applied(host, bundle("one"));
    writeFileSync(join(host.root, "var/lib/hapair/current", cfg), "mine\n");
    const outcome = await applied(host, bundle("two"));
    expect(outcome.edited).toEqual([cfg]);
    expect(live(host, cfg)).toBe("two\n");
    expect(keptAside(cfg)).toEqual(["mine\n"]);
    expect(await applied(host, bundle("one"), { kind: "rollback" })).toMatchObject({
      outcome: "applied",
      edited: [],
    });
    expect(live(host, cfg)).toBe("one\n");
  });

  function keptAside(path: string): string[] {
    const { edited } = layoutOf(host.root);
    return readdirSync(edited).map((moment) => readFileSync(join(edited, moment, path), "utf8"));
  }
});

test("a file that a bundle no longer has becomes the distribution's again", async () => {
  await applied(host, bundle("one"));
  const without = JSON.parse(bundle("two").toString());
  without.files = without.files.filter((file: { path: string }) => file.path !== cfg);
  await applied(host, Buffer.from(JSON.stringify(without)));
  expect(live(host, cfg)).toBe("distribution\n");
  await applied(host, bundle("three"));
  expect(live(host, cfg)).toBe("three\n");
});

describe("the store", () => {
  test("that is a link to another folder is refused", async () => {
    mkdirSync(join(host.root, "var/lib"), { recursive: true });
    mkdirSync(join(host.root, "elsewhere"));
    symlinkSync(join(host.root, "elsewhere"), join(host.root, "var/lib/hapair"));
    await expect(applied(host, bundle("one"))).rejects.toThrow("only root can write to");
    expect(readdirSync(join(host.root, "elsewhere"))).toEqual([]);
  });

  test("that other users can write to is refused", async () => {
    mkdirSync(join(host.root, "var/lib/hapair"), { recursive: true });
    chmodSync(join(host.root, "var/lib/hapair"), 0o777);
    await expect(applied(host, bundle("one"))).rejects.toThrow("only root can write to");
  });

  test("a staged bundle that was changed is staged again", async () => {
    await applied(host, bundle("one"));
    await applied(host, bundle("two"));
    const { sha } = readBundle(bundle("one"), host.name);
    const staged = join(layoutOf(host.root).bundles, sha, cfg);
    rmSync(staged);
    symlinkSync("/etc/shadow", staged);
    await applied(host, bundle("one"));
    expect(live(host, cfg)).toBe("one\n");
  });

  test("a folder at the path of a file is refused before anything is touched", async () => {
    mkdirSync(join(host.root, "etc/hapair/secret"), { recursive: true });
    await expect(applied(host, bundle("one"))).rejects.toThrow("move it away");
    expect(live(host, cfg)).toBe("distribution\n");
  });
});
