import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { layoutOf } from "../../../../agent/store/layout.ts";
import { applied, live, staged } from "../apply/applying.ts";
import { bundle, ScratchHost } from "../apply/scratchHost.ts";
import { cfg, givenBack, install, two } from "./givingBack.ts";

const rules = "etc/ufw/user.rules";
/** Runs haproxy behind ufw, and stops another firewall. */
const firewalled = bundle(
  "firewalled",
  { units: { enabled: ["haproxy.service", "ufw.service"], disabled: ["nftables.service"] } },
  [rules],
);

let host: ScratchHost;
beforeEach(async () => {
  host = new ScratchHost();
  await install(host);
});
afterEach(() => host.remove());

const systemctl = () => host.commands.filter((line) => /^systemctl (?:stop|start|restart)/.test(line));

/** The live file's place is taken by a folder with a file, over which no file can be restored. */
function block(path: string): void {
  rmSync(join(host.root, path));
  mkdirSync(join(host.root, path));
  writeFileSync(join(host.root, path, "in-the-way"), "");
}

describe("a file that cannot be restored", () => {
  test("is a trouble: the other files, the firewall and the daemons come back all the same", async () => {
    host.active.add("ufw.service");
    await applied(host, firewalled);
    block(cfg);
    host.commands.length = 0;
    const first = await givenBack(host);
    expect(first).toMatchObject({
      outcome: "stuck",
      troubles: [
        expect.stringMatching(/etc\/haproxy\/haproxy\.cfg: it is a folder \(EISDIR\): move it away/),
      ],
      started: ["ufw.service", "haproxy.service"],
    });
    expect(live(host, rules)).toBeUndefined();
    expect([...host.active].sort()).toEqual(["haproxy.service", "ufw.service"]);

    rmSync(join(host.root, cfg), { recursive: true });
    expect(await givenBack(host)).toMatchObject({ outcome: "given back", troubles: [] });
    expect(live(host, cfg)).toBe("distribution\n");
  });

  test("because its copy is gone is told before anything stops, and a file of a person's own is left", async () => {
    await applied(host, two);
    rmSync(join(dirname(layoutOf(host.root).before), "files", cfg));
    host.commands.length = 0;
    await expect(givenBack(host)).rejects.toThrow(
      /^nothing was changed, .*\n {2}\S+haproxy\.cfg, the copy of .* is gone: put a file of your own at \/etc\/haproxy/,
    );
    expect(systemctl()).toEqual([]);
    expect(live(host, cfg)).toBe("two\n");

    rmSync(join(host.root, cfg));
    writeFileSync(join(host.root, cfg), "mine now\n");
    expect(await givenBack(host)).toMatchObject({ outcome: "given back" });
    expect(live(host, cfg)).toBe("mine now\n");
  });
});

describe("a stuck give-back", () => {
  beforeEach(async () => {
    await applied(host, firewalled);
    host.failOnce("systemctl restart haproxy.service", "its config is wrong");
    expect((await givenBack(host)).outcome).toBe("stuck");
    host.commands.length = 0;
  });

  test("is repeated without stopping what runs again", async () => {
    host.active.add("haproxy.service");
    expect(await givenBack(host)).toMatchObject({ outcome: "given back", stopped: [] });
    expect(systemctl().filter((line) => line.startsWith("systemctl stop"))).toEqual([]);
  });

  test("leaves files that are the host's own again: an apply keeps them as they are then", async () => {
    writeFileSync(join(host.root, cfg), "changed since\n");
    await expect(staged(host, firewalled)).rejects.toThrow("/etc/haproxy/haproxy.cfg was changed since");
    await staged(host, firewalled, ["haproxy"]);
    await applied(host, firewalled);
    expect(await givenBack(host)).toMatchObject({ outcome: "given back" });
    expect(live(host, cfg)).toBe("changed since\n");
  });
});

describe("units", () => {
  test("start behind the firewall: ufw and others first", async () => {
    host.active.add("ufw.service").add("nftables.service");
    await staged(host, firewalled, ["nftables"]);
    await applied(host, firewalled);
    host.commands.length = 0;
    const { started } = await givenBack(host);
    expect(started).toEqual(["ufw.service", "nftables.service", "haproxy.service"]);
  });

  test("that a socket has started on the bundle's files in between are restarted, or stopped again", async () => {
    host.active.add("rsyslog.service");
    const units = { enabled: ["haproxy.service", "rsyslog.service", "logrotate.service"], disabled: [] };
    await applied(host, bundle("logs", { units }));
    const reached = host.reached.bind(host);
    host.reached = (point) => {
      reached(point);
      if (point === "stopped") host.active.add("rsyslog.service").add("logrotate.service");
    };
    host.commands.length = 0;
    await givenBack(host);
    expect(systemctl()).toContain("systemctl restart rsyslog.service");
    expect(systemctl().lastIndexOf("systemctl stop logrotate.service")).toBeGreaterThan(
      systemctl().indexOf("systemctl restart rsyslog.service"),
    );
    expect(host.active).not.toContain("logrotate.service");
  });
});

test("a socket that came with a daemon stops with it, so that it does not start the daemon again", async () => {
  host.answer = (line) =>
    line.includes("--property TriggeredBy,Requires,Wants")
      ? { status: 0, stdout: "TriggeredBy=\nRequires=syslog.socket system.slice\nWants=\n" }
      : undefined;
  const units = { enabled: ["haproxy.service", "rsyslog.service"], disabled: [] };
  await applied(host, bundle("logs", { units }));
  host.active.add("syslog.socket");
  host.commands.length = 0;
  await givenBack(host);
  expect(systemctl().slice(0, 2)).toEqual(["systemctl stop syslog.socket", "systemctl stop rsyslog.service"]);
  expect(host.active).not.toContain("syslog.socket");
});

describe("the policies of the built-in chains", () => {
  const saved = (input: string, chains = "") =>
    `*filter\n:INPUT ${input} [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n${chains}COMMIT\n`;

  test.each([
    ["where ufw was not loaded", ""],
    ["where ufw was loaded", ":ufw-user-input - [0:0]\n"],
  ])("are what they were, %s", async (_, chains) => {
    let now = saved("DROP", chains);
    host.answer = (line) => (line.endsWith("-save -t filter") ? { status: 0, stdout: now } : undefined);
    await applied(host, firewalled);
    expect(JSON.parse(readFileSync(layoutOf(host.root).before, "utf8")).policies.ip6tables).toEqual({
      INPUT: "DROP",
      FORWARD: "DROP",
      OUTPUT: "ACCEPT",
    });
    now = saved("ACCEPT");
    host.commands.length = 0;
    await givenBack(host);
    const set = host.commands.filter((line) => / -P /.test(line));
    expect(set).toEqual(["iptables -P INPUT DROP", "ip6tables -P INPUT DROP"]);
    const order = ["/usr/lib/ufw/ufw-init force-stop", ...(chains ? ["/usr/lib/ufw/ufw-init start"] : [])];
    expect(host.commands.filter((line) => line.includes("ufw-init") || line === set[0])).toEqual([
      ...order,
      set[0],
    ]);
  });
});

test("a first bundle that was rolled back leaves no record, no account and no kernel setting", async () => {
  const setting = "proc/sys/net/core/somaxconn";
  mkdirSync(dirname(join(host.root, setting)), { recursive: true });
  writeFileSync(join(host.root, setting), "4096\n");
  const whole = JSON.parse(bundle("bad").toString());
  const file = (path: string, text: string) => ({ ...whole.files[1], path, text });
  const bad = {
    ...whole,
    files: [
      whole.files[0],
      file("etc/sysctl.d/60-hapair.conf", "net.core.somaxconn = 1\n"),
      file("etc/sysusers.d/hapair.conf", 'u hapair - "hapair" / -\n'),
    ],
  };
  let loaded = true;
  host.answer = (line) => {
    if (line.startsWith("sysctl ")) writeFileSync(join(host.root, setting), "1\n");
    if (line.startsWith("systemd-sysusers /"))
      writeFileSync(join(host.root, "etc/passwd"), "hapair:x:999:999::/:/bin/sh\n", { flag: "a" });
    if (line !== "systemctl reload haproxy.service" || !loaded) return undefined;
    loaded = false;
    return { stderr: "it does not load" };
  };
  expect(await applied(host, Buffer.from(JSON.stringify(bad)))).toMatchObject({ outcome: "restored" });
  expect(readFileSync(join(host.root, setting), "utf8")).toBe("4096");
  expect(host.commands).toContain("userdel hapair");
  expect(() => readFileSync(layoutOf(host.root).before)).toThrow("ENOENT");
  expect(live(host, cfg)).toBe("distribution\n");
});
