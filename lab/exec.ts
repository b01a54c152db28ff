import { existsSync } from "node:fs";
import { execa } from "execa";
import { leaderPid } from "./leader.ts";
import { unknownLab } from "./networkUp.ts";
import { namespacePath } from "./paths.ts";

/** What to run on this host so that `argv` runs in the machine; `app` is this host inside the lab's network. */
export function execArgv(lab: string, name: string, argv: readonly string[]): string[] {
  if (name === "app") {
    if (!existsSync(namespacePath(lab))) throw unknownLab(lab);
    return ["nsenter", `--net=${namespacePath(lab)}`, "--", ...argv];
  }
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const environment = ["env", "-i", path, "HOME=/root", "LANG=C.UTF-8", `TERM=${process.env.TERM ?? "dumb"}`];
  const leader = String(leaderPid(lab, name));
  // Its root by name: where this host is itself a chroot, that is not the root of the machine's mount namespace.
  return ["nsenter", "-t", leader, "--all", "--root", "--wdns=/", "--", ...environment, ...argv];
}

export type Executed = { exitCode: number; stdout: string; stderr: string };

/** Runs a command in the machine to its end, whatever its exit status. */
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
