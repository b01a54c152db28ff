import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A program that reads commands for as long as its input is open: a start for each command would cost tens of ms. */
export interface Tool {
  /** Runs a command. What the program says of one that fails goes to `onProblem` a moment later. */
  run(command: string): void;
  stop(): void;
}

export function openTool(argv: readonly string[], onProblem: (text: string) => void): Tool {
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { stdio: ["pipe", "ignore", "pipe"] });
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (line.trim() !== "") onProblem(`${file}: ${line.trim()}`);
  });
  let stopped = false;
  child.on("error", (error) => onProblem(error.message));
  child.on("exit", (status) => {
    if (!stopped) onProblem(`${file} ended with status ${status}`);
  });
  child.stdin.on("error", () => undefined);
  return {
    run: (command) => void child.stdin.write(`${command}\n`),
    stop: () => {
      stopped = true;
      child.stdin.end();
    },
  };
}
