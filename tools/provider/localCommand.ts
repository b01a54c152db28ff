import { spawn } from "node:child_process";
import { cancellation, logStatus } from "./engine.ts";
import { LocalCommandInputs } from "./inputs.ts";
import { commandResource, previousOutput, type Run } from "./resource.ts";
import { type CommandOutputs, Transcript } from "./runOverSsh.ts";

/** `command:local:Command`: scripts run on this machine, with the engine's own environment. */
export const localCommand = commandResource(LocalCommandInputs, execute);

async function execute({ urn, script, inputs, previous }: Run<LocalCommandInputs>): Promise<CommandOutputs> {
  cancellation.throwIfAborted();
  const [program = "/bin/sh", ...args] = inputs.interpreter?.length ? inputs.interpreter : ["/bin/sh", "-c"];
  const child = spawn(program, [...args, script], {
    cwd: inputs.dir,
    env: { ...process.env, ...inputs.environment, ...previousOutput(inputs, previous) },
    // A process group of its own: what a script started ends with it when it is cancelled.
    detached: true,
  });
  const end = () => endGroup(child.pid);
  cancellation.addEventListener("abort", end);

  const transcript = new Transcript(inputs.logging, (line) => logStatus(urn, line));
  child.stdout.on("data", (chunk: Buffer) => transcript.write("stdout", chunk));
  child.stderr.on("data", (chunk: Buffer) => transcript.write("stderr", chunk));
  // A script need not read its input: a closed pipe is not a failure.
  child.stdin.on("error", () => {});
  child.stdin.end(inputs.stdin ?? "");

  const reason = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => {
      if (signal) resolve(`signal: ${signal}`);
      else resolve(code === 0 ? undefined : `exit status ${code}`);
    });
  });
  cancellation.removeEventListener("abort", end);
  await transcript.end();
  if (reason) throw transcript.failure(reason, script);
  return transcript.outputs;
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader) process.kill(-leader, "SIGTERM");
  } catch {
    // It has ended already.
  }
}
