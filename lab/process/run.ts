import { execFileSync } from "node:child_process";
import { execa } from "execa";
import { Failure } from "../../base/failure.ts";

/** Runs a command to its end; its own message becomes the error. */
export async function run(argv: readonly string[], input?: string): Promise<string> {
  const [file = "", ...args] = argv;
  const result = await execa(file, args, {
    reject: false,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
  });
  if (result.failed) throw failure(argv, result.stderr || result.shortMessage || "failed");
  return result.stdout;
}

/** The same at once, for the drills, where a scheduled turn of the event loop would be measured too. */
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

/** One line for a person, on stderr: stdout carries results only. */
export function progress(text: string): void {
  process.stderr.write(`lab: ${text}\n`);
}
