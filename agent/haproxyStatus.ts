import type { AgentConfig } from "../topology/agentConfig.ts";
import type { Host } from "./host.ts";

type Node = NonNullable<AgentConfig["node"]>;

export interface ServerStatus {
  readonly name: string;
  /** haproxy's word: UP, DOWN, MAINT … */
  readonly state: string;
  /** Result of the last health check, such as `L7OK`. */
  readonly check: string;
  readonly sessions: number;
}

export interface HaproxyStatus {
  /** null when haproxy does not answer. */
  readonly haproxy: {
    readonly version: string;
    readonly uptimeS: number;
    readonly connections: number;
  } | null;
  readonly servers: readonly ServerStatus[];
}

/** haproxy's own account of itself and of the pool's servers, from the Runtime API. */
export async function haproxyStatus(host: Host, node: Node): Promise<HaproxyStatus> {
  try {
    const facts = await host.ask(node.runtimeSocket, "show info");
    const of = (key: string): string => new RegExp(`^${key}: (.*)$`, "m").exec(facts)?.[1] ?? "";
    const stat = await host.ask(node.runtimeSocket, "show stat");
    return {
      haproxy: {
        version: of("Version"),
        uptimeS: Number(of("Uptime_sec")),
        connections: Number(of("CurrConns")),
      },
      servers: node.pool ? serversOf(stat, node.pool.backend) : [],
    };
  } catch {
    return { haproxy: null, servers: [] };
  }
}

/** The servers of one backend out of `show stat`'s CSV; no field before `check_status` can hold a comma. */
export function serversOf(csv: string, backend: string): readonly ServerStatus[] {
  const [head = "", ...rows] = csv.trim().split("\n");
  const names = head.replace(/^# /, "").split(",");
  return rows.flatMap((row) => {
    const columns = row.split(",");
    const of = (name: string): string => columns[names.indexOf(name)] ?? "";
    if (of("pxname") !== backend || of("svname") === "BACKEND" || of("svname") === "FRONTEND") return [];
    return [
      { name: of("svname"), state: of("status"), check: of("check_status"), sessions: Number(of("scur")) },
    ];
  });
}
