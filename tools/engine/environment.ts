import { existsSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { engineExecutable, officialCommandPlugin, ownCommandPlugin } from "./paths.ts";

/**
 * The environment in which the engine runs: our CLI before any other, no look at the network, and our own
 * `command` provider on PATH for as long as the official one is not installed (PATH wins over the plugins folder).
 *
 * @param commandPlugin executable named `pulumi-resource-command` that the engine is to use in any case
 */
export function engineEnvironment(commandPlugin?: string): Record<string, string> {
  const plugin = commandPlugin ?? (existsSync(officialCommandPlugin) ? undefined : ownCommandPlugin);
  const path = [dirname(engineExecutable), plugin && dirname(plugin), process.env.PATH];
  return {
    PATH: path.filter((folder) => folder !== undefined).join(delimiter),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}
