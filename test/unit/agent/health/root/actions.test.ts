import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, uptime } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { actOnHaproxy } from "../../../../../agent/health/root/actions.ts";
import { restarts } from "../../../../../agent/health/root/budget.ts";
import type { HaproxyVerb } from "../../../../../agent/health/verbs.ts";
import { run } from "../../../../../agent/host/run.ts";
import { layoutOf } from "../../../../../agent/store/layout.ts";
import { tryLock } from "../../../../../base/lock.ts";
import { hostOnOne } from "../../apply/applying.ts";
import type { ScratchHost } from "../../apply/scratchHost.ts";

const config = "etc/haproxy/haproxy.cfg";

let host: ScratchHost;
let folder: string;
/** HAProxy's master, as systemd names it; 0 where the unit is stopped. */
let pid: number;
let valid: boolean;
let hangs: boolean;
let signals: string[];
/** As systemd has it. */
let active: string;
let ageS: number;
let trackFile: string;

beforeEach(async () => {
  host = await hostOnOne();
  folder = mkdtempSync(join(tmpdir(), "hapair-action-"));
  [pid, valid, hangs, signals] = [100, true, false, []];
  [active, ageS] = ["active", 60];
  trackFile = join(folder, "haproxy-down");
  writeFileSync(trackFile, "0\n");
  host.run = async (command, args) => {
    const ran = (status: number, stdout = "", stderr = "") => ({ status, stdout, stderr });
    if (command === "haproxy") return valid ? ran(0) : ran(1, "", "[ALERT] unknown keyword 'fontend'\n");
    if (command === "systemctl" && args.includes("--property=MainPID")) return ran(0, `${pid}\n`);
    if (command === "systemctl" && args[0] === "show") {
      const startedUs = Number(process.hrtime.bigint() / 1000n) - ageS * 1_000_000;
      const state = { ActiveState: active, MainPID: pid, ExecMainStartTimestampMonotonic: startedUs };
      return ran(
        0,
        Object.entries(state)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(""),
      );
    }
    if (command === "flock") return run(command, args);
    return ran(1);
  };
  host.ask = async () => `Name: HAProxy\nPid: ${pid}\n`;
});
afterEach(() => {
  host.remove();
  rmSync(folder, { recursive: true });
});

const asked = (verb: HaproxyVerb): Promise<string> =>
  actOnHaproxy(verb, host, {
    runtimeSocket: "/run/haproxy/admin.sock",
    folder,
    group: "haproxy.service",
    trackFile,
    signal: (to, signal) => {
      signals.push(`${signal} ${to}`);
      // systemd starts another one.
      if (!hangs || signal === "SIGKILL") pid += 1;
    },
  });

test("a HAProxy that ends in order is not killed", async () => {
  expect(await asked("recover")).toBe("");
  expect(signals).toEqual(["SIGTERM 100"]);
});

test("one that answers and does not end is killed", async () => {
  hangs = true;
  expect(await asked("recover")).toBe("");
  expect(signals).toEqual(["SIGTERM 100", "SIGKILL 100"]);
});

test("one that hangs is killed at once", async () => {
  host.ask = async () => {
    if (pid === 100) throw new Error("no answer within 0.3 s");
    return `Name: HAProxy\nPid: ${pid}\n`;
  };
  expect(await asked("recover")).toBe("");
  expect(signals).toEqual(["SIGKILL 100"]);
});

describe("a restart that the daemon asks for by itself", () => {
  beforeEach(() => {
    host.ask = async () => {
      if (pid === 100) throw new Error("no answer within 0.3 s");
      return `Name: HAProxy\nPid: ${pid}\n`;
    };
  });

  test("is made where HAProxy hangs", async () => {
    expect(await asked("revive")).toBe("");
    expect(signals).toEqual(["SIGKILL 100"]);
  });

  test.each([
    [
      "answers by then",
      () => {
        host.ask = async () => "Name: HAProxy\nPid: 100\n";
      },
      "it answers again",
    ],
    [
      "is being started",
      () => {
        active = "activating";
      },
      "it is activating",
    ],
    [
      "is being reloaded",
      () => {
        active = "reloading";
      },
      "it is reloading",
    ],
    [
      "does not run yet",
      () => {
        pid = 0;
      },
      "it is not running",
    ],
    [
      "has just been started",
      () => {
        ageS = 9;
      },
      "it was started less than 10 s ago",
    ],
  ])("leaves one alone that %s, and costs nothing of the budget", async (_, change, reason) => {
    change();
    for (let count = 0; count <= restarts.most; count += 1)
      expect(await asked("revive")).toBe(`spared: ${reason}`);
    expect(signals).toEqual([]);
    expect(existsSync(join(folder, "restarts.json"))).toBe(false);
  });
});

describe("a HAProxy that hangs", () => {
  beforeEach(() => {
    host.ask = async () => {
      throw new Error("no answer within 0.3 s");
    };
  });
  const track = () => readFileSync(trackFile, "utf8");

  const spend = () =>
    writeFileSync(join(folder, "restarts.json"), JSON.stringify(Array(restarts.most).fill(uptime())));

  test("and is restarted no more makes the node unfit for the address where the daemon says so, and fit again", async () => {
    spend();
    expect([await asked("revive"), track()]).toEqual([expect.stringMatching(/^too-many/), "0\n"]);
    expect([await asked("revive-or-give-up"), track()]).toEqual([expect.stringMatching(/^too-many/), "2\n"]);
    expect([await asked("bid-again"), track()]).toEqual(["", "0\n"]);
    expect(signals).toEqual([]);
  });

  test("and would refuse its configuration makes the node unfit too", async () => {
    valid = false;
    expect([await asked("revive-or-give-up"), track()]).toEqual([expect.stringMatching(/^refused/), "2\n"]);
  });

  test("is the only one that gives the address up, and what its unit has written is never taken back", async () => {
    spend();
    ageS = 9;
    expect([await asked("revive-or-give-up"), track()]).toEqual([
      "spared: it was started less than 10 s ago",
      "0\n",
    ]);
    ageS = 60;
    writeFileSync(trackFile, "1\n");
    expect([await asked("revive-or-give-up"), track()]).toEqual([expect.stringMatching(/^too-many/), "1\n"]);
    expect([await asked("bid-again"), track()]).toEqual(["", "1\n"]);
    host.ask = async () => "Name: HAProxy\nPid: 100\n";
    expect(await asked("revive-or-give-up")).toBe("spared: it answers again");
  });

  /** HAProxy's one thread, which is ready to run. @param ranNs until now */
  const threadRuns = (ranNs: number) => {
    host.write("haproxy.service/cgroup.procs", "100\n");
    host.write("proc/100/task/100/schedstat", `${ranNs} 0 1\n`);
    host.write("proc/100/task/100/stat", "100 (haproxy) R 1\n");
  };

  test("and waits for a core is left alone for ten seconds, and not for ever: it may spin as well", async () => {
    spend();
    threadRuns(1_000_000);
    const spared = expect.stringMatching(/^spared: its processes wait for a core/);
    expect([await asked("revive-or-give-up"), track()]).toEqual([spared, "0\n"]);
    const [sinceS = 0, lastS = 0] = JSON.parse(readFileSync(join(folder, "waits.json"), "utf8"));
    writeFileSync(join(folder, "waits.json"), JSON.stringify([sinceS - 10, lastS - 5]));
    expect([await asked("revive-or-give-up"), track()]).toEqual([expect.stringMatching(/^too-many/), "2\n"]);
    writeFileSync(join(folder, "waits.json"), JSON.stringify([sinceS - 60, lastS - 20]));
    expect(await asked("revive")).toEqual(spared);
  });

  test("and has a core of its own is restarted at once", async () => {
    let ranNs = 0;
    const pause = host.pause.bind(host);
    host.pause = async (ms) => {
      await pause(ms);
      ranNs += ms * 1_000_000;
      threadRuns(ranNs);
    };
    host.ask = async () => {
      if (pid === 100) throw new Error("no answer within 0.3 s");
      return `Name: HAProxy\nPid: ${pid}\n`;
    };
    threadRuns(0);
    expect(await asked("revive")).toBe("");
    expect(signals).toEqual(["SIGKILL 100"]);
  });
});

test("the daemon's own request waits for no apply, and disturbs none", async () => {
  const unlock = await tryLock(layoutOf(host.root).lock, { withinS: 1 });
  expect(await asked("revive")).toBe("spared: a bundle is being applied");
  unlock?.();
  expect(await asked("revive")).toBe("spared: it answers again");
});

test("one that would refuse its configuration is left to serve with the one that it has", async () => {
  valid = false;
  expect(await asked("recover")).toMatch(/^refused: it would not start again.*unknown keyword 'fontend'/);
  expect(signals).toEqual([]);
});

test("one that was stopped by hand stays so", async () => {
  pid = 0;
  expect(await asked("recover")).toMatch(/^refused: haproxy.service is stopped/);
  expect(signals).toEqual([]);
});

test("the budget ends restarts, and says when the next one is possible", async () => {
  for (let count = 0; count < restarts.most; count += 1) expect(await asked("recover")).toBe("");
  expect(await asked("recover")).toMatch(/^too-many: .*in (?:600|599|598) s/);
  expect(signals).toHaveLength(restarts.most);
});

test("one that is not started again is told as a failure", async () => {
  hangs = true;
  host.ask = async () => {
    throw new Error("no answer");
  };
  expect(await asked("recover")).toMatch(/^refused: HAProxy was ended, and no answer/);
});

test("a configuration is good where HAProxy accepts it and it is the bundle's", async () => {
  expect(await asked("validate")).toBe("");
  valid = false;
  expect(await asked("validate")).toBe(
    "HAProxy refuses its configuration: [ALERT] unknown keyword 'fontend'",
  );
  valid = true;
  const live = join(host.root, config);
  rmSync(live);
  writeFileSync(live, "global\n  daemon\n");
  expect(await asked("validate")).toContain("/etc/haproxy/haproxy.cfg differs from the bundle's");
});
