import { homedir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };

/** The one version of the engine, of the SDK, and of the npm package that runs the CLI. */
export const engineVersion: string = packageJson.dependencies["@pulumi/pulumi"];

/** The version of the `command` plugin that the SDK asks the engine for. */
export const commandPluginVersion: string = packageJson.dependencies["@pulumi/command"];

/** Where the user's engine keeps what it downloads. */
export const pulumiHome = process.env.PULUMI_HOME || join(homedir(), ".pulumi");

/** What the set-up downloads for the project and keeps. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "hapair");

/** What the npm package `pulumi` and the Automation API's `PulumiCommand.get` take as the CLI's root. */
export const engineRoot = join(pulumiHome, "versions", engineVersion);

export const engineExecutable = join(engineRoot, "bin", "pulumi");

/** Where `pulumi plugin install` puts the official `command` plugin. */
export const officialCommandPlugin = join(
  pulumiHome,
  "plugins",
  `resource-command-v${commandPluginVersion}`,
  "pulumi-resource-command",
);

/** Our stand-in for it, and the PULUMI_HOME that offers it to the engine. */
export const ownCommandPlugin = join(import.meta.dirname, "../provider/bin/pulumi-resource-command");
export const ownPulumiHome = join(import.meta.dirname, "../../.hapair/pulumi-home");
