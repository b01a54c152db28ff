import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EgressPage } from "../../../contract/egressPage.ts";
import { startProber } from "../../../drills/clients/prober.ts";
import { openSessions } from "../../../drills/clients/sessions.ts";
import { poolersUp } from "../../../drills/observe/daemons.ts";
import { freeze, kill, thaw } from "../../../lab/faults/power.ts";
import { exec, execArgv } from "../../../lab/machine/exec.ts";
import { up } from "../../../lab/machine/up.ts";
import { poolersOf } from "../../../topology/pool.ts";
import { must } from "../hosts/onHost.ts";
import { type LabPair, roles } from "./labPair.ts";

/** Outside the kernel's range of ephemeral ports. */
const localPort = 10_042;

const systemctl = (lab: string, node: string, ...words: readonly string[]) =>
  must(lab, node, ["systemctl", ...words]);

/** Ways in which a holder loses the address and keeps running. */
const ways: Readonly<Record<string, (lab: LabPair, holder: string, backup: string) => Promise<unknown>>> = {
  "whose keepalived restarts": ({ lab }, holder) => systemctl(lab, holder, "restart", "keepalived"),
  "whose keepalived crashes": ({ lab }, holder) =>
    systemctl(lab, holder, "kill", "--signal=KILL", "keepalived"),
  "whose haproxy restarts": ({ lab }, holder) => systemctl(lab, holder, "restart", "haproxy"),
  "that is paused for a while": async (lab, holder, backup) => {
    freeze(lab.lab, holder);
    try {
      await holds(lab, backup);
    } finally {
      thaw(lab.lab, holder);
    }
  },
};

/** Resets that clients get when the address moves away from their session. */
export function movedSessionTests(lab: () => LabPair): void {
  describe.each(Object.keys(ways))("a holder %s", (way) => {
    it("resets its clients' connections at once, and no remains of them hold up a client after the address returns", async () => {
      const { holder, backup } = await lowestHolds(lab());
      const first = await openSession(lab());
      await ways[way]?.(lab(), holder, backup);
      expect(await first.ended).toBe("open\nreset\n");
      await become(lab(), { holder: backup, backup: holder });

      const second = await openSession(lab());
      try {
        kill(lab().lab, backup);
        await holds(lab(), holder);
        second.ask();
        expect(await second.ended).toBe("open\nreset\n");
      } finally {
        await up(lab().lab, backup);
      }
      await become(lab(), { holder, backup });
    });
  });
}

/** Makes the node with the lowest priority the holder: the other would take the address back after a pause. */
async function lowestHolds(lab: LabPair) {
  const lowest = lab.pair.nodes.toSorted((one, other) => one.priority - other.priority)[0]?.name;
  const now = await roles(lab);
  if (now.holder === lowest) return now;
  await systemctl(lab.lab, now.holder, "restart", "keepalived");
  const changed = { holder: now.backup, backup: now.holder };
  await become(lab, changed);
  return changed;
}

/** Waits until the nodes have these roles, and the backup could take the address: one that boots asks its peers first. */
async function become(lab: LabPair, expected: Awaited<ReturnType<typeof roles>>): Promise<void> {
  await expect.poll(() => roles(lab).catch(String), { timeout: 10_000 }).toEqual(expected);
  await expect.poll(() => isAble(lab.lab, expected.backup), { timeout: 10_000 }).toBe(true);
}

async function isAble(lab: string, node: string): Promise<boolean> {
  const { exitCode, stdout } = await exec(lab, node, ["hapair", "egress", "--json"]);
  return exitCode === 0 && EgressPage.parse(JSON.parse(stdout)).vip.able;
}

async function holds({ lab, pair }: LabPair, node: string): Promise<void> {
  const addresses = async () => (await exec(lab, node, ["ip", "-4", "-brief", "address"])).stdout;
  await expect.poll(addresses, { timeout: 10_000 }).toContain(`${pair.vip.address}/32`);
}

/** Connects a client, always from the same local port. */
async function openSession({ lab, pair }: LabPair) {
  const program = join(import.meta.dirname, "../hosts/programs/session.ts");
  const way = [pair.vip.address, String(pair.haproxy.port), String(localPort)];
  const [file = "", ...args] = execArgv(lab, "app", [process.execPath, program, ...way]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  const ended = new Promise<string>((resolve) => {
    child.on("close", () => resolve(said));
  });
  const open = new Promise<void>((resolve) => {
    child.stdout.on("data", (words) => {
      said += words;
      if (said.startsWith("open")) resolve();
    });
  });
  await Promise.race([open, ended]);
  return { ended, ask: () => child.stdin.end() };
}

/** Longer than haproxy needs to mark the poolers down, and than its timeout for a session on a silent machine. */
const goneMs = 9000;

/** Errors that clients get while the pool's machine is paused. */
export function poolGoneTests(lab: () => LabPair): void {
  it("neither new clients nor open sessions wait for ever", async () => {
    const { pair, db, databaseUrl } = lab();
    const sessions = await openSessions(lab().lab, databaseUrl, AbortSignal.timeout(20_000));
    const way = { host: pair.vip.address, port: pair.haproxy.port };
    const prober = startProber(lab().lab, { ask: "answer", intervalMs: 80, deadlineMs: 15_000, ...way });
    const arrived = (since: number) => prober.probes.length - since;
    try {
      await expect.poll(() => arrived(0), { timeout: 10_000 }).toBeGreaterThan(3);
      freeze(lab().lab, db.name);
      const until = Date.now() + goneMs;
      sessions.ask();
      await expect.poll(() => Date.now(), { timeout: goneMs + 5000 }).toBeGreaterThan(until);
      expect(sessions.silent(goneMs - 1000)).toEqual([]);
    } finally {
      thaw(lab().lab, db.name);
      sessions.close();
    }
    for (const { name } of pair.nodes)
      await expect.poll(() => poolersUp(lab().lab, name), { timeout: 20_000 }).toBe(poolersOf(pair).length);
    const failures = (await prober.stop()).flatMap(({ failure }) => failure ?? []);
    expect(failures.length).toBeGreaterThan(0);
    expect(failures).not.toContain("timeout");
  });
}
