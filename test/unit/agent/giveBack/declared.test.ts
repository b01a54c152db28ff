import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { declaredBy } from "../../../../agent/giveBack/declared.ts";
import { restoreUnitLinks, unitLinks } from "../../../../agent/giveBack/unitLinks.ts";

const file = (path: string, text: string) => ({ path, text, mode: "0644", owner: "root", group: "root" });

test("a bundle declares its accounts, folders, daemons' files and kernel settings", () => {
  const files = [
    file("etc/sysusers.d/hapair.conf", '# ours\nu hapair - "the daemon" / -\ng watchers -\n'),
    file(
      "etc/tmpfiles.d/hapair.conf",
      "d /run/hapair 0755 root root -\nf /run/hapair/egress-down 0644 a a - 0\n",
    ),
    file(
      "etc/systemd/system/hapair.service",
      "[Service]\nStateDirectory=hapair-egress\nRuntimeDirectory=hapair two\nLogsDirectory=hapair\n",
    ),
    file("etc/sysctl.d/60-hapair.conf", "# note\nnet.core.somaxconn = 4096\nnet/ipv4/neigh/eth0.5/x = 1\n"),
    file("etc/ufw/sysctl.conf", "-net/netfilter/nf_conntrack_max = 5\nnet.ipv4.conf.eth0/5.forwarding=1\n"),
    file("etc/haproxy/haproxy.cfg", "RuntimeDirectory=none\nnet.core.none = 1\n"),
  ];
  const node = { masterSocket: "/run/haproxy-master.sock", serverStateFile: "/var/lib/haproxy/server-state" };
  const config = {
    host: "h",
    node: { ...node, virtualAddress: "10.0.0.1", runtimeSocket: "/run/haproxy/a" },
  };
  expect(declaredBy(files, config)).toEqual({
    paths: [
      "run/hapair",
      "run/hapair/egress-down",
      "run/haproxy-master.sock",
      "var/lib/haproxy/server-state",
      "var/lib/haproxy/dev/log",
      "run/two",
      "var/lib/hapair-egress",
    ],
    users: ["hapair"],
    groups: ["hapair", "watchers"],
    kernel: [
      "net/core/somaxconn",
      "net/ipv4/neigh/eth0.5/x",
      "net/netfilter/nf_conntrack_max",
      "net/ipv4/conf/eth0.5/forwarding",
    ],
  });
});

function scratch(links: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "hapair-links-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  }
  return root;
}

test("a unit's links are what enables, masks and names it, and are restored exactly", () => {
  const system = "etc/systemd/system";
  const wanted = {
    [`${system}/syslog.service`]: "/usr/lib/systemd/system/rsyslog.service",
    [`${system}/graphical.target.wants/rsyslog.service`]: "/usr/lib/systemd/system/rsyslog.service",
    "etc/rc2.d/S01rsyslog": "../init.d/rsyslog",
  };
  const others = {
    [`${system}/multi-user.target.wants/cron.service`]: "/usr/lib/systemd/system/cron.service",
    "etc/rc2.d/S01cron": "../init.d/cron",
  };
  const root = scratch({ ...wanted, ...others });
  expect(unitLinks(root, "rsyslog.service")).toEqual(wanted);

  rmSync(join(root, "etc/rc2.d/S01rsyslog"));
  symlinkSync("../init.d/rsyslog", join(root, "etc/rc2.d/K01rsyslog"));
  const enabled = `${system}/multi-user.target.wants/rsyslog.service`;
  symlinkSync("/usr/lib/systemd/system/rsyslog.service", join(root, enabled));
  restoreUnitLinks(root, "rsyslog.service", wanted);
  expect(unitLinks(root, "rsyslog.service")).toEqual(wanted);
  for (const [path, target] of Object.entries(others)) expect(readlinkSync(join(root, path))).toBe(target);
});

test("a mask is a unit's link, a unit file of a bundle is not", () => {
  const system = "etc/systemd/system";
  const root = scratch({
    [`${system}/haproxy.service`]: "/dev/null",
    [`${system}/hapair.service`]: "/var/lib/hapair/current/etc/systemd/system/hapair.service",
  });
  expect(unitLinks(root, "haproxy.service")).toEqual({ [`${system}/haproxy.service`]: "/dev/null" });
  expect(unitLinks(root, "hapair.service")).toEqual({});
});
