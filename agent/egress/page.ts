import type { EgressConfig, EgressServerConfig } from "../../contract/egressConfig.ts";
import type { EgressPage } from "../../contract/egressPage.ts";
import { isUsable } from "./fitness.ts";
import type { GroupState } from "./groupLoop.ts";
import { choiceWords } from "./report/choiceWords.ts";

/** The loop's state as `/egress` shows it; `problem` is why haproxy does not answer. */
export function pageOf(
  config: EgressConfig,
  groups: readonly GroupState[],
  now: {
    readonly at: Date;
    /** On the clock of the measurements. */
    readonly nowMs: number;
    readonly vip: EgressPage["vip"];
    readonly problem: string | null;
  },
): EgressPage {
  return {
    host: config.host,
    at: now.at.toISOString(),
    haproxy: { answers: now.problem === null, problem: now.problem },
    vip: now.vip,
    groups: groups.map((group) => ({
      name: group.config.name,
      port: group.config.port,
      essential: group.config.essential,
      usable: isUsable(group),
      preferred: group.memory.preferred,
      switches: [...group.switches],
      servers: group.config.servers.map((server) => serverOf(group, server, now)),
    })),
  };
}

function serverOf(
  group: GroupState,
  config: EgressServerConfig,
  { at, nowMs }: { readonly at: Date; readonly nowMs: number },
): EgressPage["groups"][number]["servers"][number] {
  const { name, address, port, lastResort } = config;
  const remembered = group.memory.servers.find((server) => server.name === name);
  const observation = group.observations.get(name);
  const state = remembered?.state ?? null;
  return {
    name,
    address,
    port,
    lastResort,
    state,
    cause: observation?.cause ?? null,
    latencyMs: state === "online" ? (remembered?.ewmaMs ?? null) : null,
    haproxy: group.haproxy?.[name] ?? null,
    preferred: group.memory.preferred === name,
    held: group.held.find(({ server }) => server === name)?.why ?? null,
    measuredAt: observation ? new Date(at.getTime() - (nowMs - observation.atMs)).toISOString() : null,
    why: choiceWords(group, config, nowMs),
  };
}
