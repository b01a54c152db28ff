import type { Command } from "commander";
import { exitStatus, Failure } from "../../base/failure.ts";
import { parseTopology } from "../../topology/parse.ts";
import { splitSecrets } from "../../topology/secrets/givenSecrets.ts";
import type { Topology } from "../../topology/topology.ts";
import { ofStack, plainConfig, stackFile } from "../config/stackConfig.ts";
import { differs, formatScans, scanHosts } from "../targets/hosts/hostKeys.ts";

export function addHostkeys(program: Command): void {
  program
    .command("hostkeys")
    .description(
      "connect once to every host of a stack of the target hosts, and print its SSH host key for the config; writes nothing",
    )
    .argument("<stack>", "name of the stack")
    .option("--json", "print the keys as JSON")
    .action(async (stackName: string, { json }: { json?: boolean }) => {
      const { config } = splitSecrets(plainConfig(stackFile(stackName)));
      const topology = ofStack(stackName, () => withoutKeys(config));
      const { target } = topology;
      if (target.kind !== "hosts")
        throw new Failure(
          `hostkeys is for the target hosts, and the target of the stack ${stackName} is ${target.kind}`,
        );
      const scans = await scanHosts(target, topology);
      console.log(json ? JSON.stringify({ stack: stackName, hosts: scans }) : formatScans(stackName, scans));
      if (scans.some((scan) => scan.trouble !== undefined || differs(scan)))
        process.exitCode = exitStatus.failed;
    });
}

/**
 * A stack whose host keys are not known yet has a config that no other command takes: here, as if a file had the keys
 * that are missing. Everything else in the config has to be right.
 */
function withoutKeys(config: Readonly<Record<string, unknown>>): Topology {
  if (config.target !== "hosts") return parseTopology(config);
  return parseTopology({ ...config, hosts: { knownHosts: "/dev/null", ...Object(config.hosts) } });
}
