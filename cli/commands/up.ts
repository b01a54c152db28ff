import type { Command } from "commander";
import { loginLine } from "../clients/clientFiles.ts";
import { topologyOf } from "../config/checkedConfig.ts";
import { namedHosts } from "../config/namedHosts.ts";
import { shippedStack } from "../config/stackConfig.ts";
import { leavingHosts } from "../engine/hostResources.ts";
import { openStack } from "../engine/openStack.ts";
import { outputsOf } from "../engine/outputs.ts";
import { storedStack } from "../engine/stackState.ts";
import { rollOut, summarise } from "../rollOut.ts";
import { openHome } from "../session/home.ts";

export function addUp(program: Command): void {
  program
    .command("up")
    .description("roll out what a stack's config says; does nothing where nothing has changed")
    .argument("[stack]", "name of the stack", shippedStack)
    .option("--without <host...>", "leave hosts as they are, such as one that does not answer")
    .option("--json", "print what was done as JSON")
    .action(async (stackName: string, { json, without = [] }: { json?: boolean; without?: string[] }) => {
      const topology = topologyOf(stackName);
      const home = openHome();
      const leaving = leavingHosts(storedStack(home, stackName)?.resources ?? [], topology);
      const leave = { without: namedHosts(topology, without, leaving), leaving };
      const changes = await rollOut(openStack(home, stackName), topology, leave);
      // Only there has the stack made the keys of which the operator's own files know nothing.
      const login =
        topology.target.kind === "ec2"
          ? loginLine(home, stackName, (await outputsOf(home, stackName)).ssh)
          : undefined;
      console.log(
        json
          ? JSON.stringify({ stack: stackName, changes, ...(login && { login }) })
          : [`${stackName}: ${summarise(changes)}`, ...(login ? [`log in: ${login}`] : [])].join("\n"),
      );
    });
}
