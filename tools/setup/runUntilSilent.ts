import { spawn } from "node:child_process";

/**
 * Runs a command as long as it writes output: after `silenceMs` without any, it and what it started are killed.
 * @returns its exit status; undefined where it was killed or could not be started
 */
export function runUntilSilent(
  file: string,
  args: string[],
  { silenceMs, env }: { silenceMs: number; env: Record<string, string> },
): Promise<number | undefined> {
  const child = spawn(file, args, {
    // A process group of its own, so that what it started ends with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  return new Promise((resolve) => {
    const end = () => {
      try {
        if (child.pid) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    };
    const silence = setTimeout(end, silenceMs);
    const onOutput = () => silence.refresh();
    child.stdout.on("data", onOutput);
    child.stderr.on("data", onOutput);
    const stop = () => {
      end();
      process.exit(130);
    };
    const finish = (status: number | null) => {
      clearTimeout(silence);
      process.removeListener("SIGINT", stop);
      process.removeListener("SIGTERM", stop);
      resolve(status ?? undefined);
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    child.once("error", () => finish(null));
    child.once("close", finish);
  });
}
