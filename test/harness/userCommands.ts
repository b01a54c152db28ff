import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { shippedStack } from "../../cli/config/stackConfig.ts";
import { root } from "../../cli/session/home.ts";
import type { PreparedStack } from "./testStack.ts";

/** A running command. */
interface Running {
  /** `kill -9` of the command and its child processes. */
  kill(): void;
  readonly ended: Promise<{
    readonly exitCode?: number;
    readonly stdout: string;
    readonly stderr: string;
  }>;
}

/** Starts a command by its name and arguments, as npm does for a user. */
export type UserCommands = (...args: readonly string[]) => Running;

/**
 * The project's commands on a test stack. The commands find their config relative to their own files, so this is a
 * folder with copies of those files and links to all other sources.
 */
export function userCommands(
  { home, configFile }: Pick<PreparedStack, "home" | "configFile">,
  stack = shippedStack,
): UserCommands {
  const folder = join(home.folder, "project");
  rmSync(folder, { recursive: true, force: true });
  const linkAll = (from: string, to: string, except: readonly string[]) => {
    mkdirSync(join(folder, to), { recursive: true });
    for (const name of readdirSync(join(root, from)))
      if (!except.includes(name)) symlinkSync(join(root, from, name), join(folder, to, name));
  };
  linkAll("", "", [".git", ".hapair", "cli", "stacks", "tools", "dist"]);
  linkAll("tools", "tools", ["bootstrap.mjs"]);
  linkAll("stacks", "stacks", [`Pulumi.${stack}.yaml`]);
  symlinkSync(configFile, join(folder, `stacks/Pulumi.${stack}.yaml`));
  for (const own of ["cli", "tools/bootstrap.mjs"])
    cpSync(join(root, own), join(folder, own), { recursive: true });
  const stamp = join(root, ".hapair/setup.json");
  if (existsSync(stamp)) cpSync(stamp, join(folder, ".hapair/setup.json"));

  const env = { HAPAIR_HOME: home.folder, NODE_COMPILE_CACHE: join(folder, ".hapair/compile-cache") };
  return (...args) => {
    const child = execa("node", ["tools/bootstrap.mjs", "cli/main.ts", ...args], {
      cwd: folder,
      env,
      stdin: "ignore",
      detached: true,
      reject: false,
    });
    return { kill: () => process.kill(-Number(child.pid), "SIGKILL"), ended: child };
  };
}
