import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { scratchFolder } from "../agent/haproxy/runtimeFixtures.ts";

const program = join(import.meta.dirname, "../../../templates/etc/hapair/when-ended");
const started: ChildProcess[] = [];
const orphans: number[] = [];
afterEach(() => {
  for (const pid of orphans.splice(0)) process.kill(pid, "SIGKILL");
  for (const one of started.splice(0)) one.kill("SIGKILL");
});

function start(command: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
  started.push(child);
  return child;
}
const after = (pid: number, ...command: readonly string[]) => start("perl", program, String(pid), ...command);

/** A process whose parent never takes note of its end, as systemd does late on a busy host. */
async function unnoticed(): Promise<number> {
  const parent = start("sh", "-c", "sleep 600 & echo $!; exec sleep 600");
  const [text] = await once(parent.stdout ?? parent, "data");
  const pid = Number(text);
  orphans.push(pid);
  return pid;
}
const stateOf = (pid: number) => /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
/** Resolves once it waits for the end of the process: it has opened a file descriptor of it. */
const waits = ({ pid }: ChildProcess) =>
  expect
    .poll(() => readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)), {
      timeout: 10_000,
    })
    .toContainEqual(expect.stringContaining("pidfd"));

test("the command runs as soon as the process has ended, before its parent has taken note of that", async () => {
  using folder = scratchFolder();
  const done = join(folder.path, "done");
  const pid = await unnoticed();
  await waits(after(pid, "touch", done));
  expect(existsSync(done)).toBe(false);
  process.kill(pid, "SIGKILL");
  await expect.poll(() => existsSync(done), { timeout: 10_000 }).toBe(true);
  expect(stateOf(pid)).toBe("Z");
});

test("the command runs at once where the process has ended already", async () => {
  using folder = scratchFolder();
  const done = join(folder.path, "done");
  const ended = start("true");
  await once(ended, "exit");
  after(ended.pid ?? 0, "touch", done);
  await expect.poll(() => existsSync(done), { timeout: 10_000 }).toBe(true);
});

test("the command is not ended by the signal that systemd sends to what is left of the unit", async () => {
  const pid = await unnoticed();
  const waiting = after(pid, "sh", "-c", "kill -TERM $$; echo done");
  await waits(waiting);
  process.kill(pid, "SIGKILL");
  const [text] = await once(waiting.stdout ?? waiting, "data");
  expect(String(text)).toBe("done\n");
});

test("an orderly stop ends the wait without the command", async () => {
  using folder = scratchFolder();
  const done = join(folder.path, "done");
  const waiting = after(await unnoticed(), "touch", done);
  await waits(waiting);
  waiting.kill("SIGTERM");
  await once(waiting, "exit");
  expect(existsSync(done)).toBe(false);
});
