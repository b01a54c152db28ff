import { createInterface } from "node:readline";
import { execa } from "execa";
import { Failure } from "../base/failure.ts";
import { vagrantFolder } from "../base/vagrantFiles.ts";
import { waitWhile } from "../base/waitFor.ts";
import { deliversVariable } from "../contract/vagrantMachines.ts";
import { progress } from "./progress.ts";

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

/** One that a killed command has left behind ends within this: it imports a box and boots a machine. */
const lockedMs = 10 * 60_000;

/**
 * Runs Vagrant, and shows each of its lines on stderr. Waits where another Vagrant works on the machine.
 * @throws Failure where it fails or is not installed
 */
export async function showVagrant(...args: readonly string[]): Promise<void> {
  const locked = await waitWhile(lockedMs, () => lockTrouble(args), { everyMs: 5000, slowestMs: 30_000 });
  if (locked !== undefined) throw new Failure(locked);
}

/** Words of MachineLocked, MachineActionLockedError and EnvironmentLockedError, which have no exit status of their own. */
const lockWords =
  /because it is locked!|another process is already executing an action|held by another instance of Vagrant/;

/** @returns a sentence where another Vagrant works on the machine @throws Failure where Vagrant fails otherwise */
async function lockTrouble(args: readonly string[]): Promise<string | undefined> {
  let isLocked = false;
  const { exitCode, signal, failed } = await untilEnd(args, (running) => {
    for (const input of [running.stdout, running.stderr])
      createInterface({ input }).on("line", (line) => {
        isLocked ||= lockWords.test(line);
        if (line !== "") progress(line);
      });
  });
  if (!failed) return undefined;
  if (exitCode === undefined && signal === undefined) throw notInstalled();
  if (!isLocked)
    throw new Failure(`vagrant ${args.join(" ")} ended with ${signal ?? exitCode}: its own words are above`);
  progress("another Vagrant works on it: waiting for its end");
  return `vagrant ${args.join(" ")}: another Vagrant has worked on it for ${lockedMs / 60_000} minutes: pgrep -af vagrant shows it. Wait for its end or end it, then run this again`;
}

/** What Vagrant prints. @throws Failure with its own words where it fails, or where it is not installed */
export async function askVagrant(...args: readonly string[]): Promise<Ran> {
  const { stdout, stderr, exitCode, failed, shortMessage } = await untilEnd(args);
  if (failed && exitCode === undefined) throw notInstalled();
  if (failed)
    throw new Failure(`vagrant ${args.join(" ")}: ${stderr.trim() || stdout.trim() || shortMessage}`);
  return { stdout, stderr };
}

function started(args: readonly string[]) {
  return execa("vagrant", [...args], {
    cwd: vagrantFolder,
    env: { VAGRANT_CWD: vagrantFolder, VAGRANT_NO_COLOR: "1", [deliversVariable]: "1" },
    reject: false,
    stdin: "ignore",
    // A group of its own: whoever ends this one's, such as the engine, would end Vagrant in the middle of an import.
    detached: true,
  });
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Starts Vagrant, hands a signal to this process on as SIGINT, on which alone Vagrant cleans up, and waits for its end. Once: on a second
 * one it would end at once. The whole group gets it, as from a terminal, since an installed Vagrant has a launcher.
 * @throws Failure where there was one
 */
async function untilEnd(
  args: readonly string[],
  begun: (running: ReturnType<typeof started>) => void = () => {},
): Promise<Awaited<ReturnType<typeof started>>> {
  let isAsked = false;
  const ask = () => {
    if (isAsked || running.pid === undefined) return;
    isAsked = true;
    progress("interrupted: waiting for Vagrant to end");
    try {
      process.kill(-running.pid, "SIGINT");
    } catch {
      // It has ended already.
    }
  };
  // Before the start, so that no signal ends this process and leaves Vagrant behind.
  for (const signal of signals) process.on(signal, ask);
  const running = started(args);
  try {
    begun(running);
    const result = await running;
    if (isAsked) throw new Failure(`vagrant ${args.join(" ")} was interrupted: run this again`);
    return result;
  } finally {
    for (const signal of signals) process.removeListener(signal, ask);
  }
}

function notInstalled(): Failure {
  return new Failure(
    "vagrant could not be run: install Vagrant (docs/vagrant.md says which version), or add it to PATH",
  );
}
