import { existsSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../../package.json" with { type: "json" };
import { engineEnvironment, pulumiHome } from "../../../tools/engine/environment.ts";
import { type Finding, wrong } from "../../doctor/finding.ts";

/** The version that the SDK asks the engine for. */
const version = packageJson.dependencies["@pulumi/aws"];

/** The engine is not let download what it lacks: other targets need no network. @param home the engine's own folder */
export function pluginFindings(
  home: string = engineEnvironment().PULUMI_HOME ?? pulumiHome,
): readonly Finding[] {
  if (existsSync(join(home, "plugins", `resource-aws-v${version}`))) return [];
  return [
    wrong(
      `the engine's provider of AWS is not installed in ${home}: npm run pulumi -- plugin install resource aws ${version}`,
    ),
  ];
}
