import { existsSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };

/** The one version of the engine, of the SDK, and of the npm package that runs the CLI. */
export const engineVersion: string = packageJson.dependencies["@pulumi/pulumi"];

/** The version of the `command` plugin that the SDK asks the engine for. */
export const commandPluginVersion: string = packageJson.dependencies["@pulumi/command"];

/** Where the user's engine keeps what it downloads. */
export const pulumiHome = process.env.PULUMI_HOME || join(homedir(), ".pulumi");

/** Where the set-up keeps what it downloads for the project. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "hapair");

/** The CLI's root for the npm package `pulumi` and the Automation API's `PulumiCommand.get`. */
export const engineRoot = join(pulumiHome, "versions", engineVersion);

export const engineExecutable = join(engineRoot, "bin", "pulumi");

/** Where `pulumi plugin install` puts the official `command` plugin. */
export const officialCommandPlugin = join(
  pulumiHome,
  "plugins",
  `resource-command-v${commandPluginVersion}`,
  "pulumi-resource-command",
);

/** Our replacement for it, and the PULUMI_HOME in which the engine finds it. */
export const ownCommandPlugin = join(import.meta.dirname, "../provider/bin/pulumi-resource-command");
const ownPulumiHome = join(import.meta.dirname, "../../.hapair/pulumi-home");

/**
 * The environment in which the engine runs: our CLI and Node before any others, as the program needs a Node that runs
 * TypeScript; no requests to the network, and our own `command` provider as long as the official one is not installed.
 */
export function engineEnvironment(): Record<string, string> {
  return {
    PATH: [dirname(engineExecutable), dirname(process.execPath), process.env.PATH ?? ""].join(delimiter),
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
