import { Client } from "ssh2";
import { connectConfig } from "../tools/provider/connectConfig.ts";
import { runOverSsh } from "../tools/provider/runOverSsh.ts";
import { Transcript } from "../tools/provider/transcript.ts";
import type { Connection } from "./outputs.ts";

export interface SshResult {
  /** Why the command failed, in OpenSSH's terms; undefined where it succeeded. */
  readonly failure: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command on a host. @throws where the host does not answer within `timeoutMs` or shows another key. */
export async function runOnHost(
  connection: Connection,
  command: string,
  timeoutMs = 10_000,
): Promise<SshResult> {
  const client = new Client();
  const expired = setTimeout(() => client.destroy(), timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      client.once("ready", resolve).on("error", reject);
      client.once("close", () => reject(new Error(`no answer within ${timeoutMs / 1000} s`)));
      client.connect(connectConfig({ ...connection, perDialTimeout: timeoutMs / 1000, dialErrorLimit: 0 }));
    });
    const transcript = new Transcript("none", async () => {});
    const failure = await runOverSsh(client, { script: command, env: {}, stdin: "", transcript });
    return { failure, ...transcript.outputs };
  } finally {
    clearTimeout(expired);
    client.end();
  }
}
