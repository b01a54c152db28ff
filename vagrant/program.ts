import { Command } from "commander";
import { exitStatus, Failure } from "../base/failure.ts";
import { down } from "./machine/down.ts";
import { up } from "./machine/up.ts";
import { runningMachines } from "./status.ts";

const program = new Command("vagrant")
  .description("Virtual machines of Vagrant, for the engine: results go to stdout, progress to stderr.")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exitStatus.ok : exitStatus.usage));

program
  .command("up <name>")
  .description("start a machine, or what is missing of it, and print how it is reached by SSH")
  .action(async (name: string) => {
    process.stdout.write(`${JSON.stringify(await up(name))}\n`);
  });
program
  .command("down <name>")
  .description("destroy a machine with its disk; halt it where the config alone has lost it")
  .action(down);
program
  .command("running")
  .description("print the names of the machines that run")
  .action(async () => {
    process.stdout.write(`${JSON.stringify(await runningMachines())}\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = error.exitStatus;
}
