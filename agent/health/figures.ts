import type { HaproxyHealth } from "../../contract/health.ts";
import type { HaproxyFacts } from "../haproxy/info.ts";
import type { StatLine, StatLines } from "../haproxy/stats.ts";

/** Two samples of HAProxy's counters make a rate. */
export interface Sample {
  readonly atMs: number;
  readonly facts: HaproxyFacts;
  readonly lines: StatLines;
}

export type Figures = NonNullable<HaproxyHealth["health"]["metrics"]>;

/** @param before an earlier sample, of the same process; without one the rate of errors is 0 */
export function figuresOf(now: Sample, before: Sample | undefined): Figures {
  const { facts, lines } = now;
  const errors = errorsIn(lines);
  const isSame = before !== undefined && before.facts.pid === facts.pid && now.atMs > before.atMs;
  const perSecond = isSame ? ((errors - errorsIn(before.lines)) * 1000) / (now.atMs - before.atMs) : 0;
  return {
    connections: {
      current: facts.connections,
      total: facts.totalConnections,
      rate: facts.connectionRate,
      limit: facts.maxConnections,
    },
    requests: { total: facts.totalRequests, rate: sum(lines.frontends, "req_rate") },
    errors: { total: errors, rate: Math.max(0, Math.round(perSecond * 10) / 10) },
    serverStates: Object.fromEntries(
      lines.servers.map((line) => [
        `${line.pxname}/${line.svname}`,
        {
          status: String(line.status ?? ""),
          errors: sum([line], "econ") + sum([line], "eresp"),
          connections: sum([line], "scur"),
        },
      ]),
    ),
    uptime: facts.uptimeS,
    version: facts.version,
  };
}

/** Refused requests, answers of 5xx, and servers that failed to connect or to answer (HAProxy's management guide, 9.1). */
function errorsIn({ frontends, backends }: StatLines): number {
  return sum(frontends, "ereq") + sum(frontends, "hrsp_5xx") + sum(backends, "econ") + sum(backends, "eresp");
}

function sum(lines: readonly StatLine[], field: string): number {
  return lines.reduce((total, line) => total + Number(line[field] ?? 0), 0);
}
