import { existsSync } from "node:fs";
import { execa } from "execa";
import { Failure } from "../../base/failure.ts";
import { readIfThere } from "../../base/files.ts";
import { namespacePath } from "../paths.ts";
import { groupPath, groupPids } from "../process/group.ts";
import { unknownLab } from "../store.ts";

/** The command line on this host that runs `argv` in the machine; `app` is this host inside the lab's network. */
export function execArgv(lab: string, name: string, argv: readonly string[]): string[] {
  if (name === "app") {
    if (!existsSync(namespacePath(lab))) throw unknownLab(lab);
    return ["nsenter", `--net=${namespacePath(lab)}`, "--", ...argv];
  }
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const environment = ["env", "-i", path, "HOME=/root", "LANG=C.UTF-8", `TERM=${process.env.TERM ?? "dumb"}`];
  const leader = String(leaderPid(lab, name));
  // The root has to be named: where this host is a chroot itself, the mount namespace's root is not the machine's.
  return ["nsenter", "-t", leader, "--all", "--root", "--wdns=/", "--", ...environment, ...argv];
}

export type Executed = { exitCode: number; stdout: string; stderr: string };

/** Runs a command in the machine; resolves with any exit status. */
export async function exec(
  lab: string,
  name: string,
  argv: readonly string[],
  input = "",
): Promise<Executed> {
  const [file = "", ...args] = execArgv(lab, name, argv);
  const { exitCode, stdout, stderr } = await execa(file, args, { reject: false, input });
  return { exitCode: exitCode ?? 1, stdout, stderr };
}

/** Pid on this host of the machine's PID 1; undefined where the machine does not run (yet). */
export function findLeader(lab: string, name: string): number | undefined {
  // nspawn puts the machine into `payload`, where its PID 1 moves itself into `init.scope`.
  const payload = `${groupPath(lab, name)}/machine/payload`;
  for (const path of [`${payload}/init.scope`, payload]) {
    const leader = groupPids(path).find(isFirst);
    if (leader !== undefined) return leader;
  }
  return undefined;
}

/** Pid on this host of the machine's PID 1. @throws Failure where the machine does not run */
export function leaderPid(lab: string, name: string): number {
  const leader = findLeader(lab, name);
  if (leader !== undefined) return leader;
  throw notRunning(lab, name);
}

export function notRunning(lab: string, name: string): Failure {
  return new Failure(`Machine ${name} of lab ${lab} is not running; start it: lab up ${name} --lab ${lab}.`);
}

function isFirst(pid: number): boolean {
  return /^NSpid:.*\t1$/m.test(readIfThere(`/proc/${pid}/status`) ?? "");
}
