import { commandResource, type Run } from "./commandResource.ts";
import { dial } from "./dial.ts";
import { logStatus } from "./engineLog.ts";
import { RemoteCommandInputs } from "./inputs.ts";
import { previousOutput } from "./previousOutput.ts";
import { requireEnvironment } from "./requireEnvironment.ts";
import { runOverSsh } from "./runOverSsh.ts";
import { type CommandOutputs, Transcript } from "./transcript.ts";

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
