import type { Command } from "commander";
import { Failure } from "../../base/failure.ts";
import { psqlAccess } from "../clients/clientFiles.ts";
import { shippedStack } from "../config/stackConfig.ts";
import { outputsOf } from "../engine/outputs.ts";
import { openHome } from "../session/home.ts";
import { handOver } from "../session/signals.ts";

export function addPsql(program: Command): void {
  program
    .command("psql")
    .description(
      "run psql through the virtual address of the lab's first pair: npm run -s psql -- -Atc 'select 1'",
    )
    .argument("[args...]", "arguments of psql")
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (args: string[]) => {
      const home = openHome();
      const { pairs } = await outputsOf(home, shippedStack);
      const [first] = Object.entries(pairs);
      const databaseUrl = first?.[1].reach?.databaseUrl;
      if (!first || !databaseUrl)
        throw new Failure("this stack's first pair has no pool: there is no database to connect to");
      const { url, passFile } = psqlAccess(home, { stack: shippedStack, name: first[0] }, databaseUrl);
      await handOver("psql", [url, ...args], { env: { PGPASSFILE: passFile } });
    });
}
