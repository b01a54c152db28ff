import { applyCommand } from "./commands/apply.ts";
import { type Command, usage } from "./commands/command.ts";
import { rollbackCommand } from "./commands/rollback.ts";
import { statusCommand } from "./commands/status.ts";
import { AgentError, exitStatuses, messageOf } from "./errors.ts";

const commands: readonly Command[] = [applyCommand, rollbackCommand, statusCommand];

/** Resolves to the exit status. */
async function main([verb, ...rest]: readonly string[]): Promise<number> {
  const command = commands.find(({ name }) => name === verb);
  const wantsHelp = rest.includes("--help") || rest.includes("-h");
  if (command === undefined) {
    const asked = verb === undefined || verb === "--help" || verb === "-h" || verb === "help";
    (asked ? process.stdout : process.stderr).write(
      asked ? usage(commands) : `hapair: no command "${verb}"\n\n${usage(commands)}`,
    );
    return verb !== undefined && asked ? exitStatuses.ok : exitStatuses.badInput;
  }
  if (wantsHelp) {
    process.stdout.write(usage([command]));
    return exitStatuses.ok;
  }
  return command.run(rest);
}

// Whoever watched may be gone (a closed SSH session): that is no reason to end in the middle of a transaction.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `hapair: ${error instanceof AgentError ? error.message : (error instanceof Error && error.stack) || messageOf(error)}\n`,
  );
  process.exitCode = error instanceof AgentError ? error.exitStatus : exitStatuses.failed;
}
