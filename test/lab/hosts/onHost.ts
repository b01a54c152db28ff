import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { Bundle } from "../../../contract/bundle.ts";
import { liveBundle as liveText, withFile as withFileOf } from "../../../drills/bundles.ts";
import { type Executed, exec, execArgv } from "../../../lab/machine/exec.ts";

/** A host's live bundle. */
export interface LiveBundle {
  readonly sha: string;
  readonly text: string;
  readonly bundle: Bundle;
}

export async function liveBundle(lab: string, machine: string): Promise<LiveBundle> {
  const text = `${await liveText({ lab }, machine)}\n`;
  return { sha: sha256(text), text, bundle: Bundle.parse(JSON.parse(text)) };
}

/** The bundle's wire form with the text of one file replaced. */
export function withFile({ bundle }: LiveBundle, path: string, change: (text: string) => string): string {
  return withFileOf(bundle, path, change);
}

/** Runs `hapair apply` on a machine with this bundle; `announced` is the SHA-256 that it is told. */
export function apply(
  lab: string,
  machine: string,
  text: string,
  announced: string = sha256(text),
): Promise<Executed> {
  return exec(lab, machine, ["hapair", "apply", "-", "--sha256", announced, "--json"], text);
}

/** Runs a command; throws where its exit status is not 0. */
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

/** Starts a foreign process that listens on a port, on all addresses of a machine, until `leave`. */
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
