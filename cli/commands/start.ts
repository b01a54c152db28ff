import type { Command } from "commander";
import pc from "picocolors";
import { openHome } from "../home.ts";
import { holdLock } from "../locked.ts";
import { openStack } from "../openStack.ts";
import { parseOutputs } from "../outputs.ts";
import { psqlAccess } from "../psql.ts";
import { hostStatuses } from "../status.ts";
import { bringUp, summarise, topologyOf } from "../up.ts";
import { waitForSql } from "../waitForSql.ts";

const stackName = "lab";

export function addStart(program: Command): void {
  program
    .command("start")
    .description("bring up the lab stack and say what is reachable where")
    .action(async () => {
      holdLock();
      const begun = Date.now();
      const home = openHome();
      const topology = topologyOf(stackName);
      const stack = await openStack(home, stackName);
      const { summary, outputs } = await bringUp(stack, topology);
      const { pairs, ssh } = parseOutputs(stackName, outputs);
      console.log(`\n${pc.bold(stackName)}: ${summarise(summary.resourceChanges)}`);
      const statuses = await hostStatuses(ssh);
      for (const [name, { vip, reach }] of Object.entries(pairs)) {
        if (reach?.databaseUrl) await waitForSql(reach.databaseUrl, 30_000);
        const holder = statuses.find(({ report }) => report?.node?.holder)?.host ?? "nobody";
        const rows: [string, string][] = [
          ["virtual address", `${vip}, held by ${holder}`],
          ...(reach
            ? [
                [
                  "stats page",
                  `${reach.stats} (user admin; password: npm run pulumi -- stack output statsPassword --show-secrets)`,
                ] satisfies [string, string],
              ]
            : []),
        ];
        if (reach?.databaseUrl) {
          const { url, passFile } = psqlAccess(home, reach.databaseUrl);
          rows.push(["PostgreSQL", `PGPASSFILE=${passFile} psql ${url} -c 'select 1'`]);
        }
        console.log(`pair ${pc.bold(name)}`);
        for (const [label, text] of rows) console.log(`  ${label.padEnd(16)} ${text}`);
      }
      console.log("hosts");
      for (const [host, { user, port }] of Object.entries(ssh)) {
        console.log(
          `  ${host.padEnd(16)} npm run lab -- exec ${host} COMMAND…   (SSH: ${user}@127.0.0.1, port ${port})`,
        );
      }
      console.log(
        [
          "next",
          "  npm run -s psql -- -Atc 'select 1'    ask PostgreSQL through the pair",
          "  npm run status                        holder, daemons, servers, pool",
          "  npm run drill -- host-loss            kill the holder and measure what a client sees",
          "  npm run destroy                       remove everything",
        ].join("\n"),
      );
      console.log(pc.dim(`ready in ${((Date.now() - begun) / 1000).toFixed(1)} s`));
    });
}
