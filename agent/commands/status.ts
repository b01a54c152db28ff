import { readStatus } from "../status.ts";
import type { Command } from "./command.ts";
import { options } from "./options.ts";
import { printStatus } from "./printStatus.ts";
import { thisHost } from "./terminal.ts";

export const statusCommand: Command = {
  name: "status",
  synopsis: "status [--json]",
  about: `What this host runs: its bundle and since when, files edited by hand, units; on a node who holds the
virtual address, haproxy and its servers; on the pool's machine the poolers and PostgreSQL.`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values } = options(args, { json: { type: "boolean", default: false } });
  const status = await readStatus(thisHost());
  process.stdout.write(values.json ? `${JSON.stringify(status)}\n` : printStatus(status));
  return 0;
}
