import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { messageOf } from "../../base/failure.ts";
import type { Ran, RunOptions } from "./system.ts";

const environment = {
  LC_ALL: "C.UTF-8",
  SYSTEMD_PAGER: "",
  SYSTEMD_COLORS: "0",
  // The units of Debian's daemons replace their scripts of System V: for each that is enabled, systemctl would change the
  // links to those, and have systemd read all units again.
  SYSTEMCTL_SKIP_SYSV: "1",
};

/** Runs a program with a clean locale and no terminal; status 127 when it cannot be started, 124 when it took too long. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { input = "", timeoutMs = 30_000 } = options;
  return new Promise((resolve) => {
    const failed = (error: unknown): void =>
      resolve({ status: 127, stdout: "", stderr: `${command}: ${messageOf(error)}` });
    let child: ChildProcessWithoutNullStreams;
    try {
      child = spawn(command, args, {
        stdio: ["pipe", "pipe", "pipe"],
        env: { ...process.env, ...environment },
      });
    } catch (error) {
      // Some failures are thrown and not emitted: a host without memory, an argument that is too long.
      failed(error);
      return;
    }
    let stdout = "";
    let stderr = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
      // Its children may hold the pipes open: do not wait for them.
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutMs);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    // A program that does not read its input closes the pipe: its exit status says whether that matters.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.on("error", (error) => {
      clearTimeout(timer);
      failed(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (late) stderr += `\n${command} did not end within ${timeoutMs / 1000} s`;
      resolve({
        status: late ? 124 : (code ?? 128),
        stdout,
        stderr: signal && !late ? `${stderr}\n${command} was ended by ${signal}` : stderr,
      });
    });
  });
}
