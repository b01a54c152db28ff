import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { execArgv } from "../../../lab/exec.ts";
import { type LabPair, roles } from "./labPair.ts";
import { must } from "./onHost.ts";

/** Outside the range that the kernel gives out by itself. */
const localPort = 10_042;

/** What a client hears whose session ended with the move of the address. */
export function movedSessionTests(lab: () => LabPair): void {
  it("also where the new holder remembers another connection of the same client port, it is told at once", async () => {
    const { holder, backup } = await roles(lab());
    await client(lab(), "break off").ended;
    await handOver(lab(), holder, backup);
    const session = client(lab());
    await session.open;
    await handOver(lab(), backup, holder);
    session.send();
    expect(await session.ended).toBe("open\nreset\n");
  });
}

async function handOver(pair: LabPair, from: string, to: string): Promise<void> {
  await must(pair.lab, from, ["systemctl", "restart", "keepalived"]);
  await expect.poll(() => roles(pair).catch(String), { timeout: 10_000 }).toMatchObject({ holder: to });
}

function client({ lab, pair }: LabPair, ...breakOff: readonly string[]) {
  const program = join(import.meta.dirname, "movedSessionProgram.ts");
  const way = [pair.vip.address, String(pair.haproxy.port), String(localPort)];
  const [file = "", ...args] = execArgv(lab, "app", [process.execPath, program, ...way, ...breakOff]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  const open = new Promise<void>((resolve) => {
    child.stdout.on("data", (words) => {
      said += words;
      if (said.startsWith("open")) resolve();
    });
  });
  return {
    open,
    send: () => child.stdin.end(),
    ended: new Promise<string>((resolve) => {
      child.on("close", () => resolve(said));
    }),
  };
}
