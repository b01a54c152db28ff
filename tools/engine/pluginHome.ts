import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { commandPluginVersion } from "./version.ts";

/**
 * Makes `folder` a PULUMI_HOME whose `command` plugin is `executable`, and returns it. A home of its own rather
 * than PATH: the engine warns of a plugin on PATH at every run, and would take it before the official one.
 */
export function pluginHome(folder: string, executable: string): string {
  const plugin = join(folder, "plugins", `resource-command-v${commandPluginVersion}`);
  const link = join(plugin, "pulumi-resource-command");
  mkdirSync(plugin, { recursive: true, mode: 0o700 });
  if (linkTarget(link) === executable) return folder;
  // By rename: another command may be at the same, and an engine may look.
  const next = `${link}.${process.pid}`;
  rmSync(next, { force: true });
  symlinkSync(executable, next);
  renameSync(next, link);
  return folder;
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
