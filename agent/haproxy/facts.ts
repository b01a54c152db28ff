import { RuntimeError } from "./runtimeError.ts";

/** What `show info` tells of the worker that answers. */
export interface HaproxyFacts {
  readonly pid: number;
  readonly version: string;
  readonly uptimeS: number;
  readonly connections: number;
}

/** Throws a RuntimeError where that is no answer to `show info`. */
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

/** The beginning of an answer, for an error's sentence. */
export function opening(answer: string): string {
  return JSON.stringify(answer.slice(0, 60));
}
