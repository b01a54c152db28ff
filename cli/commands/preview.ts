import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { openHome } from "../home.ts";
import { formatHostChange, type HostChange, hostChangeOf } from "../hostChange.ts";
import { openStack } from "../openStack.ts";
import { engineProgress } from "../progress.ts";
import { engineReason, summarise, topologyOf } from "../up.ts";

export function addPreview(program: Command): void {
  program
    .command("preview")
    .description("say for every host which files would change, with their diff against what is applied")
    .argument("[stack]", "name of the stack", "lab")
    .option("--json", "print the changes as JSON")
    .action(async (stackName: string, { json }: { json?: boolean }) => {
      topologyOf(stackName);
      const stack = await openStack(openHome(), stackName);
      const progress = engineProgress(`${stackName}: preview`);
      const hosts: HostChange[] = [];
      const onEvent = (event: EngineEvent) => {
        if (event.diagnosticEvent) progress.onEvent(event);
        const change = event.resourcePreEvent && hostChangeOf(event.resourcePreEvent.metadata);
        if (change) hosts.push(change);
      };
      const changes = await stack
        .preview({ onEvent })
        .then(
          ({ changeSummary }) => changeSummary,
          (error: unknown) => {
            throw new Failure(engineReason(error));
          },
        )
        .finally(() => progress.end());
      if (json) {
        console.log(JSON.stringify({ stack: stackName, changes, hosts }));
        return;
      }
      for (const host of hosts) console.log(formatHostChange(host));
      const { same: _, ...work } = changes;
      console.log(
        `${stackName}: ${Object.keys(work).length > 0 ? `would be ${summarise(work)}` : summarise(work)}`,
      );
    });
}
