import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
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

/** Changes of templates, by path below `templates/`, as a developer makes them. */
export type TemplateEdits = Readonly<Record<string, (text: string) => string>>;

/** The folders from which a command finds a template, relative to their own files. */
const toTemplates = ["components", "render", "stacks", "templates"];

/**
 * The project's commands on a test stack. The commands find their config relative to their own files, so this is a
 * folder with copies of those files and links to all other sources. Templates are found in the same way. Without need
 * the components stay links: the lab's machines have the path of their program in the state.
 */
export function userCommands(
  { home, configFile }: Pick<PreparedStack, "home" | "configFile">,
  { stack = shippedStack, edits = {} }: { readonly stack?: string; readonly edits?: TemplateEdits } = {},
): UserCommands {
  const folder = join(home.folder, "project");
  const copies = ["cli", ...(Object.keys(edits).length > 0 ? toTemplates : [])];
  rmSync(folder, { recursive: true, force: true });
  const linkAll = (from: string, to: string, except: readonly string[]) => {
    mkdirSync(join(folder, to), { recursive: true });
    for (const name of readdirSync(join(root, from)))
      if (!except.includes(name)) symlinkSync(join(root, from, name), join(folder, to, name));
  };
  linkAll("", "", [".git", ".hapair", "stacks", "tools", "dist", ...copies]);
  linkAll("tools", "tools", ["bootstrap.mjs"]);
  for (const own of [...copies, "tools/bootstrap.mjs"])
    cpSync(join(root, own), join(folder, own), { recursive: true });
  if (!copies.includes("stacks")) linkAll("stacks", "stacks", []);
  rmSync(join(folder, `stacks/Pulumi.${stack}.yaml`));
  symlinkSync(configFile, join(folder, `stacks/Pulumi.${stack}.yaml`));
  for (const [path, edit] of Object.entries(edits)) {
    const file = join(folder, "templates", path);
    writeFileSync(file, edit(readFileSync(file, "utf8")));
  }
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
