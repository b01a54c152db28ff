import { existsSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import {
  commandPluginVersion,
  engineExecutable,
  officialCommandPlugin,
  ownCommandPlugin,
  ownPulumiHome,
} from "./paths.ts";

/**
 * The environment in which the engine runs: our CLI before any other, no requests to the network, and our own `command`
 * provider as long as the official one is not installed.
 */
export function engineEnvironment(): Record<string, string> {
  return {
    PATH: [dirname(engineExecutable), process.env.PATH ?? ""].join(delimiter),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(!existsSync(officialCommandPlugin) && { PULUMI_HOME: pluginHome(ownPulumiHome, ownCommandPlugin) }),
  };
}

/**
 * Makes `folder` a PULUMI_HOME whose `command` plugin is `executable`, and returns it. A home of its own rather than
 * PATH: the engine warns about a plugin on PATH at every run, and prefers it to the official one.
 */
export function pluginHome(folder: string, executable: string): string {
  const plugin = join(folder, "plugins", `resource-command-v${commandPluginVersion}`);
  const link = join(plugin, "pulumi-resource-command");
  mkdirSync(plugin, { recursive: true, mode: 0o700 });
  if (linkTarget(link) === executable) return folder;
  // By rename: another command may do the same, and an engine may read the link.
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
