import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freeze, kill, thaw } from "../../../lab/faults/power.ts";
import { exec, execArgv } from "../../../lab/machine/exec.ts";
import { up } from "../../../lab/machine/up.ts";
import { type LabPair, roles } from "./labPair.ts";
import { must } from "./onHost.ts";

/** Outside the range that the kernel gives out by itself. */
const localPort = 10_042;

const systemctl = (lab: string, node: string, ...words: readonly string[]) =>
  must(lab, node, ["systemctl", ...words]);

/** How a holder loses the address and goes on living: by an order, by what its keepalived notices, by a peer. */
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

/** What a client hears whose session ended with the move of the address. */
export function movedSessionTests(lab: () => LabPair): void {
  describe.each(Object.keys(ways))("a holder %s", (way) => {
    it("tells its clients at once, and has nothing left that is in the way of theirs when it gets the address back", async () => {
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

/** A paused holder with the highest priority takes the address back from the peer, and its sessions go on. */
async function lowestHolds(lab: LabPair) {
  const lowest = lab.pair.nodes.toSorted((one, other) => one.priority - other.priority)[0]?.name;
  const now = await roles(lab);
  if (now.holder === lowest) return now;
  await systemctl(lab.lab, now.holder, "restart", "keepalived");
  const changed = { holder: now.backup, backup: now.holder };
  await become(lab, changed);
  return changed;
}

async function become(lab: LabPair, expected: Awaited<ReturnType<typeof roles>>): Promise<void> {
  await expect.poll(() => roles(lab).catch(String), { timeout: 10_000 }).toEqual(expected);
}

async function holds({ lab, pair }: LabPair, node: string): Promise<void> {
  const addresses = async () => (await exec(lab, node, ["ip", "-4", "-brief", "address"])).stdout;
  await expect.poll(addresses, { timeout: 10_000 }).toContain(`${pair.vip.address}/32`);
}

/** A client that is connected, always from the same port. */
async function openSession({ lab, pair }: LabPair) {
  const program = join(import.meta.dirname, "movedSessionProgram.ts");
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
