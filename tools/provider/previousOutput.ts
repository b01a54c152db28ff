import type { CommandOutputs } from "./transcript.ts";

/** The environment by which a script learns what the run before it wrote; what is empty stays unset. */
export function previousOutput(
  { addPreviousOutputInEnv = true }: { addPreviousOutputInEnv?: boolean | undefined },
  previous: CommandOutputs,
): Record<string, string> {
  if (!addPreviousOutputInEnv) return {};
  return {
    ...(previous.stdout && { PULUMI_COMMAND_STDOUT: previous.stdout }),
    ...(previous.stderr && { PULUMI_COMMAND_STDERR: previous.stderr }),
  };
}
