import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execArgv } from "../../../lab/machine/exec.ts";

/** A log server on the lab's application server. */
export interface LogServer {
  /** What has arrived, message by message. */
  readonly messages: readonly string[];
  stop(): Promise<void>;
}

export async function startLogServer(
  lab: string,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<LogServer> {
  const program = join(import.meta.dirname, "printDatagrams.ts");
  const [file = "", ...args] = execArgv(lab, "app", [process.execPath, program, address, String(port)]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const messages: string[] = [];
  const lines = createInterface({ input: child.stdout });
  await Promise.race([once(lines, "line"), exit]);
  lines.on("line", (line) => messages.push(line));
  return {
    messages,
    stop: async () => {
      child.stdin.end();
      await exit;
    },
  };
}
