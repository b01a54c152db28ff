import type { HaproxyFacts } from "../haproxy/info.ts";
import type { StatRow } from "../haproxy/servers.ts";

/**
 * A sentence for each limit of haproxy that is reached.
 * @param facts of the process that accepts connections
 * @param table its `show stat`
 * @param pools backends of PostgreSQL's clients, whose `fullconn` their frontends enforce, each with its key in the config
 */
export function fullHaproxy(
  { connections, maxConnections }: Pick<HaproxyFacts, "connections" | "maxConnections">,
  table: readonly StatRow[],
  pools: Readonly<Record<string, string>>,
): readonly string[] {
  const process =
    maxConnections > 0 && connections >= maxConnections
      ? [
          `haproxy has ${connections} of ${maxConnections} connections, and further clients wait: close idle ones, or raise maxConnections of what has most of them`,
        ]
      : [];
  const parts = table.flatMap(({ backend, server, sessions, limit }) => {
    if (limit === 0 || sessions < limit) return [];
    const key = server === "BACKEND" ? pools[backend] : undefined;
    if (key !== undefined)
      return [
        `clients of PostgreSQL have ${sessions} of ${limit} connections, and further ones are refused: close idle ones, or raise ${key}`,
      ];
    // A frontend without a limit of its own shows that of the process.
    if (server === "FRONTEND" && limit !== maxConnections)
      return [
        `haproxy's frontend ${backend} has ${sessions} of ${limit} connections, and further clients wait: close idle ones, or raise its maxConnections`,
      ];
    return [];
  });
  return [...process, ...parts];
}
