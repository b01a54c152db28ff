import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exitStatuses } from "../../../../agent/errors.ts";
import { currentSha, layoutOf } from "../../../../agent/store/layout.ts";
import { readBundle } from "../../../../agent/store/readBundle.ts";
import { fileError } from "../../base/fileErrorFixtures.ts";
import { applied, hostOnOne, live } from "./applying.ts";
import { bundle, type ScratchHost } from "./scratchHost.ts";

const cfg = "etc/haproxy/haproxy.cfg";

let host: ScratchHost;
beforeEach(async () => {
  host = await hostOnOne();
});
afterEach(() => host.remove());

/** The disk refuses what is done at this point. */
function failAt(point: string, error: Error): void {
  const reached = host.reached.bind(host);
  host.reached = (now) => {
    reached(now);
    if (now === point) throw error;
  };
}

async function expectUntouched(): Promise<void> {
  expect(live(host, cfg)).toBe("one\n");
  expect(currentSha(layoutOf(host.root))).toBe(readBundle(bundle("one"), host.name).sha);
  expect(host.commands.filter((line) => /reload|restart|stop|enable /.test(line))).toEqual([]);
}

test("a disk that is full while staging is one sentence, and the half-staged bundle is removed", async () => {
  failAt(`staged ${cfg}`, fileError("ENOSPC", "write"));
  await expect(applied(host, bundle("two"))).rejects.toMatchObject({
    exitStatus: exitStatuses.failed,
    message: expect.stringMatching(
      /^nothing was changed: \/\S+\/var\/lib\/hapair: the disk is full, .* free \(ENOSPC\): make room on it, then apply again$/,
    ),
  });
  await expectUntouched();
  expect(readdirSync(layoutOf(host.root).bundles)).toHaveLength(1);
});

test("a store that is mounted read-only is one sentence", async () => {
  const { bundles } = layoutOf(host.root);
  failAt(`staged ${cfg}`, fileError("EROFS", "mkdtemp", bundles));
  await expect(applied(host, bundle("two"))).rejects.toThrow(
    `nothing was changed: ${bundles}: the file system is mounted read-only (EROFS): see its reason in`,
  );
  await expectUntouched();
});

test("a disk that is full when the links are made is the reason of the roll-back", async () => {
  const raw = bundle("two", {}, ["etc/haproxy/extra.cfg"]);
  failAt("linked etc/haproxy/extra.cfg", fileError("ENOSPC", "symlink", join(host.root, "etc/haproxy")));
  expect(await applied(host, raw)).toMatchObject({
    outcome: "restored",
    reason: expect.stringMatching(/etc\/haproxy: the disk is full, .* free \(ENOSPC\): make room on it$/),
  });
  expect(live(host, cfg)).toBe("one\n");
});

describe("a damaged history", () => {
  test.each([
    ["no JSON", "garbage\n"],
    ["another shape", '{"bundle":1}'],
    ["names that are no bundle's", '[{"bundle":"../../etc","at":""}]'],
  ])("with %s is found before anything changes", async (_, text) => {
    const { history } = layoutOf(host.root);
    writeFileSync(history, text);
    await expect(applied(host, bundle("two"))).rejects.toMatchObject({
      exitStatus: exitStatuses.needsHuman,
      message: expect.stringMatching(/history\.json cannot be read \(.+\): move it away and apply again$/),
    });
    await expectUntouched();
    rmSync(history);
    expect(await applied(host, bundle("two"))).toMatchObject({ outcome: "applied" });
  });
});

describe("a path of a bundle", () => {
  test("below a file of the host is refused before anything changes", async () => {
    writeFileSync(join(host.root, "etc/motd"), "hello\n");
    await expect(applied(host, bundle("two", {}, ["etc/motd/part"]))).rejects.toMatchObject({
      exitStatus: exitStatuses.badInput,
      message:
        "/etc/motd is no folder on this host, but the bundle has /etc/motd/part below it: move /etc/motd away and apply again",
    });
    await expectUntouched();
  });

  test("below a file of the live bundle is refused, and the bundle's folders stay whole", async () => {
    await applied(host, bundle("files", {}, ["etc/part"]));
    await expect(applied(host, bundle("folders", {}, ["etc/part/one"]))).rejects.toThrow(
      "/etc/part is no folder on this host",
    );
    expect(live(host, "etc/part")).toBe("etc/part of files\n");
  });

  test("in a folder that was replaced by a file is refused in words", async () => {
    rmSync(join(host.root, "etc/haproxy"), { recursive: true });
    writeFileSync(join(host.root, "etc/haproxy"), "");
    await expect(applied(host, bundle("two"))).rejects.toThrow("/etc/haproxy is no folder on this host");
  });

  test("where the host has a folder is refused before anything changes", async () => {
    mkdirSync(join(host.root, "etc/part"));
    await expect(applied(host, bundle("two", {}, ["etc/part"]))).rejects.toThrow(
      "/etc/part is a folder or a device",
    );
    await expectUntouched();
  });
});
