import { opening, RuntimeError } from "./runtime.ts";

/** What `show info` shows of the worker that answers. */
export interface HaproxyFacts {
  readonly pid: number;
  readonly version: string;
  readonly uptimeS: number;
  readonly connections: number;
}

/** Throws a RuntimeError where the text is not an answer to `show info`. */
export function factsOf(answer: string): HaproxyFacts {
  const of = (key: string): string => new RegExp(`^${key}: (.*)$`, "m").exec(answer)?.[1] ?? "";
  const pid = Number(of("Pid"));
  if (!Number.isInteger(pid) || pid <= 0)
    throw new RuntimeError("garbage", `haproxy's answer to "show info" names no process: ${opening(answer)}`);
  return {
    pid,
    version: of("Version"),
    uptimeS: Number(of("Uptime_sec")),
    connections: Number(of("CurrConns")),
  };
}

/** Process ids of the workers that a reload left to their last sessions, out of the master's `show proc`. */
export function oldWorkers(answer: string): readonly number[] {
  const [, section = ""] = answer.split(/^# old workers$/m);
  const [lines = ""] = section.split(/^#/m);
  return [...lines.matchAll(/^(\d+)\s+worker\b/gm)].map(([, pid]) => Number(pid));
}
