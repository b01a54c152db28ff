import type { Command } from "commander";
import { engineExecutable } from "../../tools/engine/environment.ts";
import { shippedStack } from "../config/stackConfig.ts";
import { stateEnvironment } from "../engine/openStack.ts";
import { openHome, root } from "../session/home.ts";
import { handOver } from "../session/signals.ts";

export function addPulumi(program: Command): void {
  program
    .command("pulumi")
    .description("run the Pulumi CLI with the local state: npm run pulumi -- stack output --show-secrets")
    .argument("[args...]", "arguments of pulumi")
    .passThroughOptions()
    .allowUnknownOption()
    .helpOption(false)
    .action((args: string[]) =>
      handOver(engineExecutable, args, {
        cwd: root,
        env: { PULUMI_STACK: shippedStack, ...stateEnvironment(openHome()) },
      }),
    );
}
