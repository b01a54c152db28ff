import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseTakeOver } from "../../../../agent/ownership/takeOver.ts";
import { currentSha, layoutOf } from "../../../../agent/store/layout.ts";
import { applied, live, staged } from "../apply/applying.ts";
import { bundle, ScratchHost } from "../apply/scratchHost.ts";

const cfg = "etc/haproxy/haproxy.cfg";
const rules = "etc/ufw/user.rules";
const units = { enabled: ["haproxy.service", "ufw.service"], disabled: ["pgbouncer.service"] };
const one = bundle("one", { units }, [rules]);

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

describe("what is somebody's own", () => {
  test("is refused all at once, each with its path and remedy, before anything is touched", async () => {
    host.write(cfg, "mine\n");
    host.write(rules, "my rules\n");
    host.write("etc/sysctl.d/60-hapair.conf", "# mine\n");
    mkdirSync(join(host.root, "etc/systemd/system"), { recursive: true });
    symlinkSync("/dev/null", join(host.root, "etc/systemd/system/ufw.service"));
    const error = await staged(host, one).then(
      () => "",
      ({ message }) => message,
    );
    expect(error.split("\n")).toEqual([
      "this host has a configuration of its own, nothing was changed:",
      expect.stringMatching(/\/etc\/haproxy\/haproxy\.cfg was changed since .*--take-over haproxy$/),
      expect.stringMatching(/\/etc\/sysctl\.d\/60-hapair\.conf is somebody's own: .*--take-over sysctl$/),
      expect.stringMatching(/\/etc\/ufw\/user\.rules is somebody's own: .*--take-over ufw$/),
      expect.stringMatching(/ufw\.service masks .*: systemctl unmask ufw\.service, or .*--take-over ufw$/),
      expect.stringMatching(
        /give-back` restores it\. .* hapair stage --take-over haproxy,sysctl,ufw; .*takeOver: \[haproxy, sysctl, ufw\]$/,
      ),
    ]);
    await expect(applied(host, one)).rejects.toThrow(error);
    expect(live(host, cfg)).toBe("mine\n");
    expect(currentSha(layoutOf(host.root))).toBeUndefined();
  });

  test("is taken over where the check of the bundle was allowed to", async () => {
    host.write(cfg, "mine\n");
    host.write(rules, "my rules\n");
    await expect(staged(host, one, ["haproxy"])).rejects.toThrow("/etc/ufw/user.rules");
    await staged(host, one, ["haproxy", "ufw"]);
    expect(await applied(host, one)).toMatchObject({ outcome: "applied" });
    expect(live(host, cfg)).toBe("one\n");
  });

  test("is no longer asked for once it is taken over, and what a later bundle takes is", async () => {
    host.write(cfg, "mine\n");
    host.write("etc/rsyslog.d/40-hapair.conf", "mine\n");
    await staged(host, one, ["haproxy"]);
    await applied(host, one);
    await staged(host, bundle("two", { units }, [rules]));
    await expect(
      staged(host, bundle("three", { units }, [rules, "etc/rsyslog.d/40-hapair.conf"])),
    ).rejects.toThrow("--take-over rsyslog");
  });

  test("is not what ufw's package has written", async () => {
    host.write(rules, "as packaged\n");
    host.write("usr/share/ufw/user.rules", "as packaged\n");
    expect(await staged(host, one)).toMatchObject({ outcome: "staged" });
  });

  test("is another firewall that is active; taken over, it stops", async () => {
    host.active.add("nftables.service");
    await expect(staged(host, one)).rejects.toThrow("nftables.service, another firewall, is active");
    await staged(host, one, ["nftables"]);
    await applied(host, one);
    expect(host.active).not.toContain("nftables.service");
  });

  test("is a rule for incoming packets that no known firewall has loaded", async () => {
    host.answer = (line) =>
      line === "iptables-save -t filter" ? { status: 0, stdout: "-A INPUT -j f2b-sshd\n" } : undefined;
    await expect(staged(host, one)).rejects.toThrow(/-A INPUT -j f2b-sshd .*--take-over iptables/);
    expect(await staged(host, one, ["iptables"])).toMatchObject({ outcome: "staged" });
  });

  test("is a daemon that must stop, where it runs with a changed configuration", async () => {
    const status = "var/lib/dpkg/status";
    const ini = "etc/pgbouncer/pgbouncer.ini";
    host.active.add("pgbouncer.service");
    host.write(ini, "mine\n");
    host.write(status, `Package: pgbouncer\nConffiles:\n /${ini} 5267555bc3a8df77c5ce57f34a514336\n`);
    host.write(cfg, "one\n");
    await expect(staged(host, one)).rejects.toThrow(
      `pgbouncer.service runs with a configuration of somebody's own, /${ini}: systemctl disable --now pgbouncer.service`,
    );
  });
});

test("--take-over takes several names, and refuses those that are no service", () => {
  expect(parseTakeOver(["ufw,haproxy", "keepalived nftables"])).toEqual([
    "haproxy",
    "keepalived",
    "nftables",
    "ufw",
  ]);
  expect(() => parseTakeOver(["haproxi"])).toThrow("--take-over haproxi: no such service, it takes sysctl");
});
