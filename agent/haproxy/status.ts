import type { AgentConfig } from "../../contract/agentConfig.ts";
import type { System } from "../host/system.ts";
import { factsOf } from "./info.ts";
import { statRows } from "./servers.ts";

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
export async function haproxyStatus(host: System, node: Node): Promise<HaproxyStatus> {
  try {
    const { version, uptimeS, connections } = factsOf(await host.ask(node.runtimeSocket, "show info"));
    const stat = await host.ask(node.runtimeSocket, "show stat");
    return {
      haproxy: { version, uptimeS, connections },
      servers: node.pool ? serversOf(stat, node.pool.backend) : [],
    };
  } catch {
    return { haproxy: null, servers: [] };
  }
}

/** The servers of one backend out of `show stat`. */
export function serversOf(csv: string, backend: string): readonly ServerStatus[] {
  return statRows(csv)
    .filter((row) => row.backend === backend)
    .map(({ server, status, check, sessions }) => ({ name: server, state: status, check, sessions }));
}
