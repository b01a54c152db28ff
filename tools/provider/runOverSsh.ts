import type { Client } from "ssh2";
import type { Transcript } from "./transcript.ts";

interface RemoteRun {
  script: string;
  env: Record<string, string>;
  stdin: string;
  transcript: Transcript;
}

/** Runs a script to its end. @returns why it failed, in OpenSSH's terms; undefined where it succeeded */
export async function runOverSsh(client: Client, run: RemoteRun): Promise<string | undefined> {
  const { script, env, stdin, transcript } = run;
  const reason = await new Promise<string | undefined>((resolve, reject) => {
    client.exec(script, { env }, (error, channel) => {
      if (error) return reject(error);
      let ending = "wait: remote command exited without exit status or exit signal";
      channel.on("data", (chunk: Buffer) => transcript.write("stdout", chunk));
      channel.stderr.on("data", (chunk: Buffer) => transcript.write("stderr", chunk));
      channel.on("exit", (code: number | null, signal?: string) => {
        if (signal) ending = `Process exited with status 1 from signal ${signal.replace(/^SIG/, "")}`;
        else ending = code === 0 ? "" : `Process exited with status ${code}`;
      });
      channel.on("close", () => resolve(ending || undefined));
      channel.end(stdin);
    });
  });
  await transcript.end();
  return reason;
}
