import { opening, RuntimeError } from "./runtime.ts";

/** What `show info` shows of the worker that answers. */
export interface HaproxyFacts {
  readonly pid: number;
  readonly version: string;
  readonly uptimeS: number;
  readonly connections: number;
  /** The process's limit of connections; 0 where the answer does not say, as the others below. */
  readonly maxConnections: number;
  /** Connections, and requests, since the process started. */
  readonly totalConnections: number;
  readonly totalRequests: number;
  /** In the last second. */
  readonly connectionRate: number;
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
    maxConnections: Number(of("Maxconn")),
    totalConnections: Number(of("CumConns")),
    totalRequests: Number(of("CumReq")),
    connectionRate: Number(of("ConnRate")),
  };
}

/** A worker's line of the master's `show proc`. */
export interface WorkerRow {
  readonly pid: number;
  /** A reload left it to its last sessions. */
  readonly isOld: boolean;
  /** Reloads since it started. */
  readonly reloads: number;
}

/** The workers out of `show proc`, as it lists them. Throws a RuntimeError where the text is no such list. */
export function workerRows(answer: string): readonly WorkerRow[] {
  if (!/^# workers$/m.test(answer))
    throw new RuntimeError("garbage", `haproxy's answer to "show proc" lists no workers: ${opening(answer)}`);
  const sections = answer.split(/^(?=#)/m);
  return sections.flatMap((section) =>
    [...section.matchAll(/^(\d+)\s+worker\s+(\d+)/gm)].map(([, pid, reloads]) => ({
      pid: Number(pid),
      isOld: section.startsWith("# old workers"),
      reloads: Number(reloads),
    })),
  );
}

/** Process ids of the workers that a reload left to their last sessions. Throws as `workerRows` does. */
export function oldWorkers(answer: string): readonly number[] {
  return workerRows(answer).flatMap(({ pid, isOld }) => (isOld ? [pid] : []));
}
