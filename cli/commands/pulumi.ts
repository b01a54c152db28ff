import type { Command } from "commander";
import { engineExecutable } from "../../tools/engine/environment.ts";
import { shippedStack } from "../config/stackConfig.ts";
import { keepStackFiles } from "../config/stackSalt.ts";
import { stateEnvironment } from "../engine/openStack.ts";
import { foreignSalt } from "../engine/passphrase.ts";
import { openHome, root } from "../session/home.ts";
import { notes } from "../session/output.ts";
import { handOver } from "../session/signals.ts";

export function addPulumi(program: Command): void {
  program
    .command("pulumi")
    .description("run the Pulumi CLI with the local state: npm run pulumi -- stack output --show-secrets")
    .argument("[args...]", "arguments of pulumi")
    .passThroughOptions()
    .allowUnknownOption()
    .helpOption(false)
    .action((args: string[]) => {
      const home = openHome();
      const trouble = foreignSalt(home, shippedStack);
      // The CLI goes on: many of its commands need no config.
      if (trouble !== undefined) console.error(notes.yellow(trouble));
      return handOver(engineExecutable, args, {
        cwd: root,
        env: { PULUMI_STACK: shippedStack, ...stateEnvironment(home) },
        ended: keepStackFiles(),
      });
    });
}
