import packageJson from "../../package.json" with { type: "json" };

/** The one version of the engine, of the SDK, and of the npm package that runs the CLI. */
export const engineVersion: string = packageJson.dependencies["@pulumi/pulumi"];

/** The version of the `command` plugin that the SDK asks the engine for. */
export const commandPluginVersion: string = packageJson.dependencies["@pulumi/command"];
