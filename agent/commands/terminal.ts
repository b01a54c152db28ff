import { badInput } from "../errors.ts";
import type { Host } from "../host.ts";
import { realHost } from "../system/realHost.ts";

/** A line for whoever watches; standard output is for the result alone. */
function progressLine(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The machine that the program runs on, for root alone. */
export function thisHost(): Host {
  if (process.getuid?.() !== 0) throw badInput("this needs root: run it with sudo");
  return realHost(progressLine);
}

/** A transaction ends by itself within minutes: told to stop in the middle, it would leave the host half moved. */
export function finishBeforeStopping(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => progressLine(`${signal}: this apply ends by itself, the host is left whole`));
  }
}
