import type { RunOptions, System } from "./system.ts";

/** Runs a program; throws with its own words where it fails. Resolves to what it prints. */
export async function mustRun(
  host: System,
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await host.run(program, args, options);
  if (status !== 0)
    throw new Error(
      `${[program, ...args].join(" ")}: ${stderr.trim() || stdout.trim() || `exit status ${status}`}`,
    );
  return stdout;
}
