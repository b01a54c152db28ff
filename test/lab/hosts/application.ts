import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { exec, execArgv } from "../../../lab/machine/exec.ts";

export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Requests a page from the application server; `credentials` are `user:password`. */
export async function fetchFromApp(lab: string, url: string, credentials?: string): Promise<Page> {
  const program = join(import.meta.dirname, "programs/fetch.ts");
  const { stdout } = await exec(
    lab,
    "app",
    [process.execPath, program],
    JSON.stringify({ url, credentials }),
  );
  return JSON.parse(stdout);
}

export type Answer = "open" | "refused" | "silent";

/** Opens a TCP connection from the application server to each `address:port`; `silent` after one second. */
export async function knock(
  lab: string,
  doors: readonly string[],
): Promise<Readonly<Record<string, Answer>>> {
  const program = join(import.meta.dirname, "programs/knock.ts");
  const { stdout } = await exec(lab, "app", [process.execPath, program, ...doors]);
  return JSON.parse(stdout);
}

/** A log server on the lab's application server. */
export interface LogServer {
  /** Messages that have arrived, in order. */
  readonly messages: readonly string[];
  stop(): Promise<void>;
}

export async function startLogServer(
  lab: string,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<LogServer> {
  const program = join(import.meta.dirname, "programs/printDatagrams.ts");
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
