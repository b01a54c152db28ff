import { existsSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { engineExecutable, officialCommandPlugin, ownCommandPlugin, ownPulumiHome } from "./paths.ts";
import { pluginHome } from "./pluginHome.ts";

/**
 * The environment in which the engine runs: our CLI before any other, no look at the network, and our own
 * `command` provider for as long as the official one is not installed.
 */
export function engineEnvironment(): Record<string, string> {
  return {
    PATH: [dirname(engineExecutable), process.env.PATH ?? ""].join(delimiter),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(!existsSync(officialCommandPlugin) && { PULUMI_HOME: pluginHome(ownPulumiHome, ownCommandPlugin) }),
  };
}
