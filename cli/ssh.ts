import { Client } from "ssh2";
import { connectConfig } from "../tools/provider/connectConfig.ts";
import type { Connection } from "./outputs.ts";

export interface SshResult {
  readonly status: number;
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
    return await execute(client, command);
  } finally {
    clearTimeout(expired);
    client.end();
  }
}

function execute(client: Client, command: string): Promise<SshResult> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      const output = { stdout: "", stderr: "" };
      let status = 255;
      channel.on("data", (chunk: Buffer) => {
        output.stdout += chunk.toString();
      });
      channel.stderr.on("data", (chunk: Buffer) => {
        output.stderr += chunk.toString();
      });
      channel.on("exit", (code: number | null) => {
        status = code ?? 255;
      });
      channel.on("close", () => resolve({ status, ...output }));
    });
  });
}
