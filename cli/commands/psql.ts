import { spawnSync } from "node:child_process";
import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { openHome } from "../home.ts";
import { outputsOf } from "../outputs.ts";
import { psqlAccess } from "../psql.ts";

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
      const { pairs } = await outputsOf(home, "lab");
      const databaseUrl = Object.values(pairs)[0]?.reach?.databaseUrl;
      if (!databaseUrl) throw new Failure("this stack's first pair has no pool: nothing to ask");
      const { url, passFile } = psqlAccess(home, databaseUrl);
      const { status, error } = spawnSync("psql", [url, ...args], {
        stdio: "inherit",
        env: { ...process.env, PGPASSFILE: passFile },
      });
      if (error) throw new Failure(`psql: ${error.message}`);
      process.exitCode = status ?? 1;
    });
}
