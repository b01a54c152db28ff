import { readdir } from "node:fs/promises";
import { execa } from "execa";
import { isRoot } from "../../base/becomeRoot.ts";
import { findExecutable } from "../../base/commands.ts";
import { Failure } from "../../base/failure.ts";

/** Installs Debian packages, as root or by a sudo that asks for no password. */
export async function aptInstall(packages: string[], report: (text: string) => void): Promise<void> {
  const names = packages.join(" ");
  if (!findExecutable("apt-get")) {
    throw new Failure(`This machine has no apt-get: install ${names} yourself and run this again.`);
  }
  report(`Installing the Debian packages ${names}`);
  if (!(await hasPackageLists())) await aptGet("update", names);
  const first = await aptGet("install", names, ...packages);
  if (first.ok) return;
  // Old lists name files that the mirror no longer has.
  const update = await aptGet("update", names);
  const second = await aptGet("install", names, ...packages);
  if (second.ok) return;
  const cause = [update, second].find((result) => !result.ok)?.output ?? "";
  throw new Failure(`apt-get could not install ${names}:\n${cause}`);
}

async function hasPackageLists(): Promise<boolean> {
  const lists = await readdir("/var/lib/apt/lists").catch(() => []);
  return lists.some((name) => name.includes("Packages"));
}

async function aptGet(verb: "install" | "update", names: string, ...packages: string[]) {
  const args =
    verb === "update" ? ["update"] : ["install", "--yes", "--no-install-recommends", "--", ...packages];
  const command = [
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "-o",
    "DPkg::Lock::Timeout=120",
    ...args,
  ];
  const [file = "env", ...rest] = [...(await asRoot(names)), ...command];
  const result = await execa(file, rest, { reject: false, all: true, stdin: "ignore" });
  return { ok: result.exitCode === 0, output: result.all?.trim() || (result.shortMessage ?? "") };
}

/** The prefix for a command that only root may run. */
async function asRoot(names: string): Promise<string[]> {
  if (isRoot()) return [];
  const sudo = await execa("sudo", ["-n", "true"], { reject: false });
  if (sudo.exitCode === 0) return ["sudo", "-n"];
  throw new Failure(
    `The Debian packages ${names} are missing, and installing them needs root: run this as root, or as a user whose sudo asks for no password.`,
  );
}
