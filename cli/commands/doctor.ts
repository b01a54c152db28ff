import type { Command } from "commander";
import { Failure } from "../../base/failure.ts";
import { topologyOf } from "../config/checkedConfig.ts";
import { plainConfig, shippedStack, stackFile } from "../config/stackConfig.ts";
import { exitStatusOf, type Finding, formatFindings, wrong } from "../doctor/finding.ts";
import { secretFindings } from "../doctor/secrets.ts";
import { examineTools } from "../doctor/tools.ts";
import { storedStack } from "../engine/stackState.ts";
import { openHome } from "../session/home.ts";
import { examineTarget } from "../targets/targets.ts";

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description(
      "look for everything that would make a roll-out fail, on this machine and on the stack's, and say what to do; changes nothing; exit status 1 where something is wrong, 3 where it is unknown",
    )
    .argument("[stack]", "name of the stack", shippedStack)
    .option("--json", "print the findings as JSON")
    .action(async (stack: string, { json }: { json?: boolean }) => {
      const findings = [...examineTools(), ...(await examineStack(stack))];
      console.log(json ? JSON.stringify({ stack, findings }) : formatFindings(stack, findings));
      process.exitCode = exitStatusOf(findings);
    });
}

/** Without a config that holds, nobody knows which machines to look at. */
async function examineStack(stack: string): Promise<readonly Finding[]> {
  try {
    const topology = topologyOf(stack);
    const secrets = secretFindings(topology, plainConfig(stackFile(stack)));
    const made = () => storedStack(openHome(), stack)?.resources ?? [];
    return [...secrets, ...(await examineTarget(topology, made, stack))];
  } catch (error) {
    if (error instanceof Failure) return [wrong(error.message)];
    throw error;
  }
}
