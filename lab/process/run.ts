import { execFileSync } from "node:child_process";
import { execa } from "execa";
import { Failure } from "../../base/failure.ts";

/** Runs a command. @returns its stdout @throws Failure with what it wrote to stderr */
export async function run(argv: readonly string[], input?: string): Promise<string> {
  const [file = "", ...args] = argv;
  const result = await execa(file, args, {
    reject: false,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
  });
  if (result.failed) throw failure(argv, result.stderr || result.shortMessage || "failed");
  return result.stdout;
}

/** The same without the event loop, whose delays would be part of what a drill measures. */
export function runSync(argv: readonly string[], input = ""): string {
  const [file = "", ...args] = argv;
  try {
    return execFileSync(file, args, { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
  } catch (error) {
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    throw failure(argv, stderr);
  }
}

function failure(argv: readonly string[], message: string): Failure {
  return new Failure(`${argv.slice(0, 6).join(" ")}: ${message.trim()}`);
}

/** Writes one line for a person to stderr: stdout has results only. */
export function progress(text: string): void {
  process.stderr.write(`lab: ${text}\n`);
}
