import type { Command } from "commander";
import { formatSummary } from "../clients/summary.ts";
import { waitForSql } from "../clients/waitForSql.ts";
import { topologyOf } from "../config/checkedConfig.ts";
import { shippedStack } from "../config/stackConfig.ts";
import { openStack } from "../engine/openStack.ts";
import { outputsOf } from "../engine/outputs.ts";
import { hostStatuses } from "../hosts/ask.ts";
import { rollOut, summarise } from "../rollOut.ts";
import { openHome } from "../session/home.ts";
import { results as pc } from "../session/output.ts";

export function addStart(program: Command): void {
  program
    .command("start")
    .description("roll out the lab stack, wait until SQL gets through, and print how to reach it")
    .action(async () => {
      const begun = performance.now();
      const home = openHome();
      const topology = topologyOf(shippedStack);
      const changes = await rollOut(openStack(home, shippedStack), topology);
      const outputs = await outputsOf(home, shippedStack);
      for (const { reach } of Object.values(outputs.pairs)) {
        if (reach?.databaseUrl) await waitForSql(reach.databaseUrl, 30_000);
      }
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      console.log(pc.dim(`${shippedStack}: ${summarise(changes)}; SQL gets through after ${seconds} s`));
      console.log(formatSummary(home, shippedStack, outputs, await hostStatuses(outputs.ssh)));
    });
}
