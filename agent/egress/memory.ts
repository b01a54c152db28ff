import * as z from "zod";
import type { EgressGroupConfig, EgressServerConfig } from "../../contract/egressConfig.ts";
import { PastSwitch, serverStates } from "../../contract/egressPage.ts";

const Count = z.int().min(0);
const Ms = z.number().min(0);

const ServerMemory = z.object({
  name: z.string(),
  /** `address:port`; measurements of another place say nothing about this one. */
  place: z.string(),
  /** Of the last observation; null before the first. */
  state: z.nullable(z.enum(serverStates)),
  /** Moving average of the latency; null before the first good observation since a failure. */
  ewmaMs: z.nullable(Ms),
  /** Whether the last election took it for one that carries traffic. */
  usable: z.boolean(),
  /** Whether it was so only because haproxy took no server of the group for alive; older files do not have it. */
  unchecked: z.boolean().default(false),
  /** Failures that are not forgotten yet; each doubles the hold-down. */
  failures: Count,
  /** Epoch; 0 where there was none. */
  failedAtMs: Ms,
  /** End of its hold-down, epoch; 0 where there was none. */
  heldUntilMs: Ms,
  /** Observations in a row in which it beat the preferred server by the margin. */
  betterRounds: Count,
});

/** What an election knows from those before it: plain data, kept on disk over a restart. */
export const GroupMemory = z.object({
  /** Null only while no server of the group was ever a choice. */
  preferred: z.nullable(z.string()),
  /** When the preference last changed, epoch; the dwell counts from here. */
  sinceMs: Ms,
  /** In the order of the config. */
  servers: z.array(ServerMemory),
});

/** What is remembered of each group, by its name. */
export const RememberedGroups = z.record(
  z.string(),
  z.object({
    /** For `adopt`, which judges it itself. */
    memory: z.unknown(),
    /** Newest first. */
    switches: z.array(PastSwitch),
  }),
);
export type RememberedGroups = z.infer<typeof RememberedGroups>;

export type ServerMemory = z.infer<typeof ServerMemory>;
export type GroupMemory = z.infer<typeof GroupMemory>;

export function emptyMemory(group: EgressGroupConfig): GroupMemory {
  return { preferred: null, sinceMs: 0, servers: group.servers.map(newServer) };
}

/**
 * Fits what was remembered, from whatever source, to a config that may have changed since: servers that are gone
 * or moved are forgotten, new ones begin anew, and what is no memory at all counts as none.
 * The preferred server's name stays although it is gone: the next election says so.
 */
export function adopt(group: EgressGroupConfig, remembered: unknown): GroupMemory {
  const { success, data: memory } = GroupMemory.safeParse(remembered);
  if (!success) return emptyMemory(group);
  return {
    ...memory,
    servers: group.servers.map(
      (server) =>
        memory.servers.find(({ name, place }) => name === server.name && place === placeOf(server)) ??
        newServer(server),
    ),
  };
}

function newServer(server: EgressServerConfig): ServerMemory {
  return {
    name: server.name,
    place: placeOf(server),
    state: null,
    ewmaMs: null,
    usable: false,
    unchecked: false,
    failures: 0,
    failedAtMs: 0,
    heldUntilMs: 0,
    betterRounds: 0,
  };
}

function placeOf({ address, port }: EgressServerConfig): string {
  return `${address}:${port}`;
}
