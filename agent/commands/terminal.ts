import { badInput } from "../errors.ts";

/** A line for whoever watches; standard output is for the result alone. */
export function progressLine(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function requireRoot(): void {
  if (process.getuid?.() !== 0) throw badInput("this needs root: run it with sudo");
}
