import type { Command } from "commander";
import { shellWord } from "../../base/commands.ts";
import { exitStatus, Failure } from "../../base/failure.ts";
import { poolerHostsOf } from "../../topology/pool.ts";
import { topologyOf } from "../config/checkedConfig.ts";
import { shippedStack } from "../config/stackConfig.ts";
import { outputsOf } from "../engine/outputs.ts";
import { runOnHost } from "../hosts/ask.ts";
import { type Answer, here, runLaptop, type Way, waysTo } from "../hosts/ways.ts";
import { openHome } from "../session/home.ts";
import { announceIfSlow } from "../session/output.ts";

/** A pause waits for running transactions. */
const answerMs = 70_000;

export function addPool(program: Command): void {
  program
    .command("pool")
    .description(
      "send one command to every pooler: reconnect (after a migration), pause, resume, show; `hapair pool --help` on the host says more",
    )
    .argument("<command>", "reconnect, pause, resume or show")
    .argument("[stack]", "name of the stack", shippedStack)
    .option("--json", "print the answer of each pooler as one JSON object a line")
    .action(async (command: string, stackName: string, { json }: { json?: boolean }) => {
      const hosts = topologyOf(stackName).pairs.flatMap(poolerHostsOf);
      if (hosts.length === 0) throw new Failure(`the stack ${stackName} has no pool`);
      const ways = waysTo(await outputsOf(openHome(), stackName));
      for (const { name } of hosts) {
        const way = ways[name];
        if (!way) throw new Failure(`${name} is not delivered yet: bring the stack up first`);
        const asked = tell(way, ["pool", command, ...(json ? ["--json"] : [])]);
        const { failure, stdout, stderr } = await announceIfSlow(`waiting for ${name} to answer`, asked);
        if (stdout !== "") console.log(stdout);
        if (!failure) continue;
        console.error(`${name}: ${stderr.trim() || failure}`);
        process.exitCode = exitStatus.failed;
      }
    });
}

function tell(way: Way, verb: readonly string[]): Promise<Answer> {
  return way === here
    ? runLaptop(verb, { timeoutMs: answerMs })
    : runOnHost(way, ["sudo", "hapair", ...verb].map(shellWord).join(" "), answerMs);
}
