import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { Bundle } from "../../../contract/bundle.ts";
import { type Executed, exec, execArgv } from "../../../lab/machine/exec.ts";

/** What a test knows of a host's live bundle. */
export interface LiveBundle {
  readonly sha: string;
  readonly text: string;
  readonly bundle: Bundle;
}

export async function liveBundle(lab: string, machine: string): Promise<LiveBundle> {
  const { stdout } = await must(lab, machine, ["cat", "/var/lib/hapair/current/.bundle.json"]);
  const text = `${stdout}\n`;
  return { sha: sha256(text), text, bundle: Bundle.parse(JSON.parse(text)) };
}

/** The same bundle with one file's text replaced, in its wire form. */
export function withFile({ bundle }: LiveBundle, path: string, change: (text: string) => string): string {
  const files = bundle.files.map((file) =>
    file.path === path ? { ...file, text: change(file.text) } : file,
  );
  return `${JSON.stringify({ ...bundle, files })}\n`;
}

/** Hands a bundle to `hapair apply` on a machine, announced under `announced`. */
export function apply(
  lab: string,
  machine: string,
  text: string,
  announced: string = sha256(text),
): Promise<Executed> {
  return exec(lab, machine, ["hapair", "apply", "-", "--sha256", announced, "--json"], text);
}

/** Runs a command that has to succeed. */
export async function must(
  lab: string,
  machine: string,
  argv: readonly string[],
  input = "",
): Promise<Executed> {
  const result = await exec(lab, machine, argv, input);
  if (result.exitCode !== 0)
    throw new Error(`${argv.slice(0, 3).join(" ")} on ${machine}: ${result.stderr || result.stdout}`);
  return result;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Somebody else's process that listens on a port of a machine, on all its addresses, until told to leave. */
export async function occupy(
  lab: string,
  machine: string,
  port: number,
): Promise<{ leave(): Promise<void> }> {
  const listen = `require("net").createServer((client) => client.destroy()).listen(${port}, "0.0.0.0", () => console.log("listens"));
    process.stdin.resume().on("close", () => process.exit())`;
  const [file = "", ...args] = execArgv(lab, machine, ["node", "-e", listen]);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  await Promise.race([
    once(child.stdout, "data"),
    exit.then(() => {
      throw new Error(`port ${port} of ${machine} is taken already`);
    }),
  ]);
  return {
    leave: async () => {
      child.stdin.end();
      await exit;
    },
  };
}
