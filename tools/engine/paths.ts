import { homedir } from "node:os";
import { join } from "node:path";
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
export const ownPulumiHome = join(import.meta.dirname, "../../.hapair/pulumi-home");
