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
      "run psql through the virtual address of a stack's first pair: npm run -s psql -- -Atc 'select 1'",
    )
    .option("--stack <name>", "name of the stack, before the arguments of psql", shippedStack)
    .argument("[args...]", "arguments of psql")
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (args: string[], { stack }: { stack: string }) => {
      const home = openHome();
      const { pairs } = await outputsOf(home, stack);
      const [first] = Object.entries(pairs);
      const databaseUrl = first && (first[1].reach ?? first[1]).databaseUrl;
      if (!first || !databaseUrl)
        throw new Failure("this stack's first pair has no pool: there is no database to connect to");
      const { url, passFile } = psqlAccess(home, { stack, name: first[0] }, databaseUrl);
      await handOver("psql", [url, ...args], { env: { PGPASSFILE: passFile } });
    });
}
