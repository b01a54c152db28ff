import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { accounts } from "../../../../agent/services/accounts.ts";
import { hapair } from "../../../../agent/services/hapair.ts";
import { keepalived } from "../../../../agent/services/keepalived.ts";
import { pgbouncer } from "../../../../agent/services/pgbouncer.ts";
import type { Change } from "../../../../agent/services/service.ts";
import { unitsOf } from "../../../../agent/services/systemd.ts";
import { ufw } from "../../../../agent/services/ufw.ts";
import { linkUnit, missingLinks, unlinkUnit } from "../../../../agent/store/links.ts";
import type { BundleFile } from "../../../../contract/bundle.ts";
import { ScratchHost } from "../apply/scratchHost.ts";

const file = (path: string, text: string): BundleFile => ({
  path,
  text,
  mode: "0644",
  owner: "root",
  group: "root",
});

/** The golden egress config with its one masked text filled in. */
const rendered = (ca: string): string =>
  readFileSync(new URL("../../golden/lab/haproxy1/etc/hapair/egress.json", import.meta.url), "utf8").replace(
    '"[secret]"',
    JSON.stringify(ca),
  );

describe("a changed unit file", () => {
  const units = ["haproxy.service", "pgbouncer@6432.service", "pgbouncer@6433.service", "watch.timer"];
  test.each([
    ["etc/systemd/system/haproxy.service", ["haproxy.service"]],
    ["etc/systemd/system/haproxy.service.d/hapair.conf", ["haproxy.service"]],
    ["etc/systemd/system/pgbouncer@.service", ["pgbouncer@6432.service", "pgbouncer@6433.service"]],
    ["etc/systemd/system/pgbouncer@6433.service.d/x.conf", ["pgbouncer@6433.service"]],
    ["etc/systemd/system/timer.d/x.conf", ["watch.timer"]],
    ["etc/haproxy/haproxy.cfg", []],
  ])("%s restarts %j", (path, restarted) => {
    expect([...unitsOf([path], units)]).toEqual(restarted);
  });

  test("of the bundle is linked where its [Install] section says, to its live path", () => {
    const host = new ScratchHost();
    const files = [file("etc/systemd/system/pgbouncer@.service", "[Install]\nWantedBy=multi-user.target\n")];
    const wants = join(host.root, "etc/systemd/system/multi-user.target.wants/pgbouncer@6432.service");
    linkUnit(host.root, "pgbouncer@6432.service", files);
    linkUnit(host.root, "haproxy.service", files);
    expect(readlinkSync(wants)).toBe("/etc/systemd/system/pgbouncer@.service");
    expect(missingLinks(host.root, "pgbouncer@6432.service", files)).toEqual([]);
    unlinkUnit(host.root, "pgbouncer@6432.service");
    expect(missingLinks(host.root, "pgbouncer@6432.service", files)).toEqual([wants]);
    host.remove();
  });
});

describe("a changed file of", () => {
  const change = (host: ScratchHost, more: Partial<Change>): Change => ({
    host,
    config: undefined,
    files: [],
    before: [],
    paths: [],
    units: [],
    restart: new Set(),
    ...more,
  });

  test("one pooler reloads that pooler, or restarts it for a new listen address; the user list reloads all", async () => {
    const host = new ScratchHost();
    const units = ["pgbouncer@6432.service", "pgbouncer@6433.service"];
    for (const unit of units) host.active.add(unit);
    const path = "etc/pgbouncer/6432.ini";
    const before = [file(path, "[pgbouncer]\nlisten_addr = 10.0.1.30\n")];
    const verbs = async (files: BundleFile[], paths: string[]) =>
      (await pgbouncer.activate(change(host, { units, before, files, paths }))).map(
        ({ unit, verb }) => `${verb} ${unit}`,
      );
    expect(
      await verbs([file(path, "[pgbouncer]\nlisten_addr=10.0.1.30\npool_mode = session\n")], [path]),
    ).toEqual(["reloaded pgbouncer@6432.service"]);
    expect(await verbs([file(path, "[pgbouncer]\nlisten_addr = 10.0.1.31\n")], [path])).toEqual([
      "restarted pgbouncer@6432.service",
    ]);
    expect(await verbs(before, ["etc/pgbouncer/userlist.txt"])).toEqual(
      units.map((unit) => `reloaded ${unit}`),
    );
    host.remove();
  });

  test("accounts creates users before their folders, and reads no file from outside the bundle", async () => {
    const host = new ScratchHost();
    const paths = ["etc/sysusers.d/hapair.conf", "etc/tmpfiles.d/hapair.conf"];
    await accounts.activate(change(host, { files: paths.map((path) => file(path, "")), paths }));
    expect(host.commands).toEqual([
      "systemd-sysusers /etc/sysusers.d/hapair.conf",
      "systemd-tmpfiles --create /etc/tmpfiles.d/hapair.conf",
    ]);
    host.commands.length = 0;
    await accounts.activate(change(host, { files: [], paths }));
    expect(host.commands).toEqual([]);
    host.remove();
  });

  test("a bundle of another version ends what its daemon may not know: that the address was left to others", async () => {
    const host = new ScratchHost();
    const files = [file("etc/hapair/egress.json", rendered(""))];
    const track = join(host.root, "run/hapair/haproxy-down");
    mkdirSync(dirname(track), { recursive: true });
    // What haproxy's own unit has written stays.
    for (const [before, after] of [
      ["2\n", "0\n"],
      ["1\n", "1\n"],
    ] as const) {
      writeFileSync(track, before);
      await hapair.activate(change(host, { files, paths: [] }));
      expect(readFileSync(track, "utf8")).toBe(after);
    }
    host.remove();
  });

  test("the daemon is reloaded; a changed unit restarts it", async () => {
    const host = new ScratchHost();
    host.active.add("hapair.service");
    const units = ["hapair.service"];
    const verbs = async (restart: ReadonlySet<string>): Promise<string[]> =>
      (await hapair.activate(change(host, { units, restart }))).map(({ verb }) => verb);
    expect(await verbs(new Set())).toEqual(["reloaded"]);
    expect(await verbs(new Set(units))).toEqual(["restarted"]);
    host.remove();
  });

  test.each([
    ["not JSON", "{", /^\/etc\/hapair\/egress\.json is not JSON /],
    ["not a config", '{"host": 1}', /^\/etc\/hapair\/egress\.json is not an egress config: .*runtimeSocket/],
    [
      "without a valid authority",
      rendered("-----BEGIN CERTIFICATE-----"),
      /is not an egress config: ca is not a certificate/,
    ],
  ])("an egress config, %s, is refused before it is live", async (_, text, complaint) => {
    const host = new ScratchHost();
    const files = [file("etc/hapair/egress.json", text)];
    expect(await hapair.complaint?.({ host, folder: host.root, files })).toMatch(complaint);
    host.remove();
  });

  test("the egress config that was rendered for a node is accepted", async () => {
    const host = new ScratchHost();
    const files = [file("etc/hapair/egress.json", rendered(""))];
    expect(await hapair.complaint?.({ host, folder: host.root, files })).toBeUndefined();
    host.remove();
  });

  test.each([
    ["etc/default/keepalived", "restarted"],
    ["etc/keepalived/keepalived.conf", "reloaded"],
  ])("keepalived, %s: keepalived is %s", async (path, verb) => {
    const host = new ScratchHost();
    host.active.add("keepalived.service");
    const actions = await keepalived.activate(change(host, { units: ["keepalived.service"], paths: [path] }));
    expect(actions).toEqual([{ unit: "keepalived.service", verb }]);
    host.remove();
  });

  test("ufw restores rules in one commit and loads kernel settings; any other file makes ufw reload", async () => {
    const host = new ScratchHost();
    host.active.add("ufw.service");
    const files = [
      file("etc/ufw/user.rules", "*filter\nCOMMIT\n"),
      file("etc/ufw/ufw.conf", "ENABLED=yes\n"),
      file("etc/ufw/sysctl.conf", ""),
    ];
    const commands = async (paths: string[]): Promise<string[]> => {
      host.commands.length = 0;
      await ufw.activate(change(host, { units: ["ufw.service"], files, paths }));
      return host.commands.filter((line) => !line.startsWith("systemctl show"));
    };
    expect(await commands(["etc/ufw/user.rules"])).toEqual(["iptables-restore --noflush"]);
    expect(await commands(["etc/ufw/user.rules", "etc/ufw/sysctl.conf"])).toEqual([
      "iptables-restore --noflush",
      "sysctl --ignore --quiet --load /etc/ufw/sysctl.conf",
    ]);
    expect(await commands(["etc/ufw/user.rules", "etc/ufw/ufw.conf"])).toEqual([
      "/usr/lib/ufw/ufw-init force-reload",
    ]);
    host.remove();
  });
});
