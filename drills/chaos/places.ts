import { agentUnit } from "../../contract/agentConfig.ts";
import { haproxyUnit } from "../../render/services/haproxy.ts";
import { addressUnit, keepalivedUnit } from "../../render/services/keepalived.ts";
import { poolerUnit } from "../../render/services/pgbouncer.ts";
import { postgresUnit } from "../../render/services/postgresql.ts";
import { type DrilledPair, postgresOf } from "../pair.ts";
import type { Place } from "./plan.ts";

const nodeUnits = [haproxyUnit, keepalivedUnit, addressUnit, agentUnit];

/** The machines of a pair and of its pool, with their daemons. @throws Failure for a pair whose database is external */
export function placesOf(pair: DrilledPair): readonly Place[] {
  const database = postgresOf(pair);
  const machines = new Set([...pair.nodes, ...pair.pool.poolers.map(({ host }) => host), database]);
  return [...machines].map((machine) => {
    const isNode = pair.nodes.includes(machine);
    const poolers = pair.pool.poolers.filter(({ host }) => host === machine);
    return {
      machine,
      isNode,
      units: [
        ...(isNode ? nodeUnits : []),
        ...(machine === database ? [postgresUnit] : []),
        ...poolers.map(({ port }) => poolerUnit(port)),
      ],
    };
  });
}
