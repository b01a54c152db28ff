import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { layoutOf, openStore } from "../../../../agent/store/layout.ts";
import { applied, atEveryPoint, live, staged } from "../apply/applying.ts";
import { ScratchHost } from "../apply/scratchHost.ts";
import { cfg, extra, givenBack, install, one, ownHost, two, unitFile, wants } from "./givingBack.ts";

/** Every path below the host's root with its mode and content. */
function tree(host: ScratchHost, below = ""): string[] {
  return readdirSync(join(host.root, below)).flatMap((name) => {
    const path = join(below, name);
    const stats = lstatSync(join(host.root, path));
    const kind = stats.isSymbolicLink()
      ? `-> ${readlinkSync(join(host.root, path))}`
      : stats.isFile()
        ? readFileSync(join(host.root, path), "utf8")
        : "";
    const line = `${path} ${(stats.mode & 0o7777).toString(8)} ${kind}`;
    return stats.isDirectory() ? [line, ...tree(host, path)] : [line];
  });
}

/** The host's tree before any bundle, but for the folder of the store. */
async function treeBefore(host: ScratchHost): Promise<string[]> {
  await ownHost(host);
  return tree(host);
}

describe("a host that is given back", () => {
  test("has its files, links, units and folders again, whatever bundles it had", () =>
    atEveryPoint(
      install,
      async (host) => {
        await applied(host, one);
        await applied(host, two);
      },
      async (host, point) => {
        host.revive();
        expect((await givenBack(host)).outcome, point).toMatch(/^given back$|^nothing$/);
        await expectAsBefore(host, point);
      },
    ));

  test("is the same where the first give-back was killed at any step", () =>
    atEveryPoint(
      async (host) => {
        await install(host);
        await applied(host, one);
        await applied(host, two);
      },
      givenBack,
      async (host, point) => {
        host.revive();
        await givenBack(host);
        await expectAsBefore(host, point);
      },
    ));

  test("can be taken over again after a give-back that was killed at any step", () =>
    atEveryPoint(
      async (host) => {
        await install(host);
        await applied(host, two);
      },
      givenBack,
      async (host, point) => {
        host.revive();
        openStore(layoutOf(host.root));
        await staged(host, two, ["keepalived"]);
        await applied(host, two);
        expect(live(host, cfg), point).toBe("two\n");
        host.revive();
        expect((await givenBack(host)).outcome, point).toBe("given back");
        await expectAsBefore(host, point);
      },
    ));

  async function expectAsBefore(host: ScratchHost, point: string): Promise<void> {
    const fresh = new ScratchHost();
    expect(tree(host), point).toEqual(await treeBefore(fresh));
    expect([...host.active], point).toEqual(["haproxy.service"]);
    fresh.remove();
  }
});

describe("what was there", () => {
  test("is kept once: a later bundle and an edit by hand do not replace it", async () => {
    const host = new ScratchHost();
    await install(host);
    await applied(host, one);
    rmSync(join(host.root, cfg));
    writeFileSync(join(host.root, cfg), "edited\n");
    await applied(host, two);
    await givenBack(host);
    expect(live(host, cfg)).toBe("distribution\n");
    host.remove();
  });

  test("is on disk before the first change, for root alone", async () => {
    const host = new ScratchHost();
    await install(host);
    const reached = host.reached.bind(host);
    let kept = "";
    host.reached = (point) => {
      reached(point);
      if (point === "forward mend") kept = readFileSync(layoutOf(host.root).before, "utf8");
    };
    await applied(host, two);
    expect(JSON.parse(kept)).toMatchObject({
      files: { [cfg]: "copy", [extra]: "copy", [unitFile]: "absent", "etc/hapair/secret": "absent" },
      units: {
        "haproxy.service": { active: true, links: { [wants]: "/usr/lib/systemd/system/haproxy.service" } },
        "keepalived.service": { active: false, links: {} },
      },
    });
    expect(lstatSync(join(layoutOf(host.root).store, "before")).mode & 0o777).toBe(0o700);
    host.remove();
  });

  test("had no folder for a package's unit to be enabled in, and has none afterwards", async () => {
    const host = new ScratchHost();
    await install(host);
    const packaged = join(host.root, "usr/lib/systemd/system");
    mkdirSync(packaged, { recursive: true });
    writeFileSync(join(packaged, "keepalived.service"), "[Install]\nWantedBy=timers.target\n");
    await applied(host, two);
    const folder = join(host.root, "etc/systemd/system/timers.target.wants");
    mkdirSync(folder);
    symlinkSync("/usr/lib/systemd/system/keepalived.service", join(folder, "keepalived.service"));
    expect(await givenBack(host)).toMatchObject({ outcome: "given back", troubles: [] });
    expect(existsSync(folder)).toBe(false);
    host.remove();
  });

  test("is restored where a person's unit does not start, and the give-back says so and can be repeated", async () => {
    const host = new ScratchHost();
    await install(host);
    await applied(host, two);
    host.failOnce("systemctl restart haproxy.service", "its config is wrong");
    const first = await givenBack(host);
    expect([first.outcome, first.troubles]).toEqual([
      "stuck",
      [expect.stringContaining("haproxy.service: restart failed: its config is wrong")],
    ]);
    expect(live(host, cfg)).toBe("distribution\n");
    expect(await givenBack(host)).toMatchObject({ outcome: "given back", started: ["haproxy.service"] });
    host.remove();
  });

  test("of a program that kept copies of files alone is taken into the record", async () => {
    const host = new ScratchHost();
    await install(host);
    await applied(host, one);
    const { store } = layoutOf(host.root);
    renameSync(join(store, "before/files"), join(store, "original"));
    rmSync(join(store, "before"), { recursive: true });
    await applied(host, two);
    await givenBack(host);
    expect(live(host, cfg)).toBe("distribution\n");
    expect(lstatSync(join(host.root, unitFile), { throwIfNoEntry: false })).toBeUndefined();
    host.remove();
  });

  test("keepalived stops before all others, so that the address moves while haproxy serves", async () => {
    const host = new ScratchHost();
    await install(host);
    await applied(host, two);
    host.commands.length = 0;
    await givenBack(host);
    expect(host.commands.filter((line) => line.startsWith("systemctl stop"))).toEqual([
      "systemctl stop keepalived.service",
      "systemctl stop haproxy.service",
    ]);
    host.remove();
  });

  test("includes a unit that waited for its start, as units do while a host boots", async () => {
    const host = new ScratchHost();
    await install(host);
    host.active.delete("haproxy.service");
    host.queued.add("haproxy.service");
    await applied(host, two);
    expect((await givenBack(host)).started).toEqual(["haproxy.service"]);
    host.remove();
  });

  test("comes back although a unit waits for its start: it is stopped before it runs on files that change", async () => {
    const host = new ScratchHost();
    await install(host);
    await applied(host, two);
    host.active.delete("keepalived.service");
    host.queued.add("keepalived.service");
    expect((await givenBack(host)).stopped).toEqual(["keepalived.service", "haproxy.service"]);
    expect([...host.queued]).toEqual([]);
    host.remove();
  });
});
