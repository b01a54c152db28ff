import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import { execArgv, leaderPid } from "../../../../lab/machine/exec.ts";
import { withPassword } from "./given.ts";

/** One login with the password that a change ends, or with the one that it begins; ms on the monotonic clock. */
export interface Login {
  readonly way: string;
  readonly password: "old" | "new";
  readonly startMs: number;
  readonly endMs: number;
  /** `in`, or the error. */
  readonly outcome: string;
}

/** PgBouncer's words for a wrong password. */
const refusal = "SASL authentication failed";

export interface LoginClient {
  readonly logins: readonly Login[];
  stop(): Promise<void>;
}

/** Logs in with both passwords at once, again and again, at each of these URLs; from a machine, or from `app`. */
export function startLogins(
  lab: string,
  from: string,
  ways: Readonly<Record<string, string>>,
  newPassword: string,
): LoginClient {
  const program = [process.execPath, join(import.meta.dirname, "../../hosts/programs/logIn.ts")];
  // This host's Node inside the machine's network.
  const inside = () => ["nsenter", `--net=/proc/${leaderPid(lab, from)}/ns/net`, "--", ...program];
  const [file = "", ...args] = from === "app" ? execArgv(lab, "app", program) : inside();
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const urls = Object.entries(ways).flatMap(([way, url]) => [
    [`${way}/old`, url],
    [`${way}/new`, withPassword(url, newPassword)],
  ]);
  child.stdin.write(`${JSON.stringify({ urls: Object.fromEntries(urls), pauseMs: 20 })}\n`);
  const logins: Login[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    const [start, end, name = "", ...outcome] = line.split(" ");
    const [way = "", password] = name.split("/");
    logins.push({
      way,
      password: password === "new" ? "new" : "old",
      startMs: Number(start),
      endMs: Number(end),
      outcome: outcome.join(" "),
    });
  });
  const allRead = once(lines, "close");
  return {
    logins,
    stop: async () => {
      child.stdin.end();
      await Promise.all([exit, allRead]);
    },
  };
}

/** Waits until a password is let in, or no longer, on every way. */
export async function everyWay(clients: readonly LoginClient[], password: Login["password"], isIn: boolean) {
  const last = () =>
    new Set(
      Object.values(
        Object.fromEntries(
          clients
            .flatMap(({ logins }) => logins)
            .filter((login) => login.password === password)
            .map(({ way, outcome }) => [way, outcome === "in"]),
        ),
      ),
    );
  await expect.poll(last, { timeout: 20_000 }).toEqual(new Set([isIn]));
}

/**
 * The time in which one instant lies that explains every login: before it the old password alone was let in, after it
 * the new one alone. It is negative where there is no such instant. A password is looked up between the start and the end
 * of its login.
 */
export function changeMs(logins: readonly Login[]): number {
  const isBefore = ({ password, outcome }: Login) => (password === "old") === (outcome === "in");
  const latest = Math.max(...logins.filter(isBefore).map(({ startMs }) => startMs));
  const earliest = Math.min(...logins.filter((login) => !isBefore(login)).map(({ endMs }) => endMs));
  return earliest - latest;
}

/** Errors other than a refused password. */
export function faults(logins: readonly Login[]): readonly string[] {
  return logins.flatMap(({ outcome }) => (outcome === "in" || outcome === refusal ? [] : [outcome]));
}
