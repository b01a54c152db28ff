import type { Client } from "ssh2";
import { dial } from "./dial.ts";
import { logStatus } from "./engine.ts";
import { RemoteCommandInputs } from "./inputs.ts";
import { commandResource, previousOutput, type Run } from "./resource.ts";
import { type CommandOutputs, runOverSsh, Transcript } from "./runOverSsh.ts";

/** `command:remote:Command`: scripts run by the login shell of a host's user. */
export const remoteCommand = commandResource(RemoteCommandInputs, execute);

async function execute({ urn, script, inputs, previous }: Run<RemoteCommandInputs>): Promise<CommandOutputs> {
  const client = await dial(urn, inputs.connection);
  try {
    await requireEnvironment(client, inputs.environment ?? {});
    const env = { ...inputs.environment, ...previousOutput(inputs, previous) };
    const transcript = new Transcript(inputs.logging, (line) => logStatus(urn, line));
    const reason = await runOverSsh(client, { script, env, stdin: inputs.stdin ?? "", transcript });
    if (reason) throw transcript.failure(reason, script);
    return transcript.outputs;
  } finally {
    client.end();
  }
}

/**
 * Fails where the SSH server drops one of the variables: a script must not run without its environment, and ssh2 sends
 * variables without asking for a reply.
 */
async function requireEnvironment(client: Client, env: Record<string, string>): Promise<void> {
  const names = Object.keys(env);
  if (names.length === 0) return;
  const transcript = new Transcript("none", async () => {});
  const reason = await runOverSsh(client, { script: "env -0", env, stdin: "", transcript });
  if (reason) throw transcript.failure(reason, "env -0");
  const seen = new Set(transcript.outputs.stdout.split("\0").map((entry) => entry.split("=", 1)[0]));
  const refused = names.filter((name) => !seen.has(name));
  if (refused.length === 0) return;
  throw new Error(
    `could not set environment variable ${refused.map((name) => JSON.stringify(name)).join(", ")}: ` +
      "the SSH server refuses it; add it to AcceptEnv, or prefix the command with VAR=value",
  );
}
