import * as z from "zod";
import type { EgressGroupConfig, EgressServerConfig } from "../../contract/egressConfig.ts";
import { PastSwitch, serverStates } from "../../contract/egressPage.ts";

const Count = z.int().min(0);
const Ms = z.number().min(0);

const ServerMemory = z.object({
  name: z.string(),
  /** `address:port`; measurements of another place do not apply. */
  place: z.string(),
  /** Of the last observation; null before the first. */
  state: z.nullable(z.enum(serverStates)),
  /** Moving average of the latency; null before the first good observation since a failure. */
  ewmaMs: z.nullable(Ms),
  /** Whether it carried traffic in the last election. */
  usable: z.boolean(),
  /** Whether that was only because haproxy found no server of the group alive; older files do not have it. */
  unchecked: z.boolean().default(false),
  /** Failures that still count; each doubles the hold-down. */
  failures: Count,
  /** Epoch; 0 where there was none. */
  failedAtMs: Ms,
  /** End of its hold-down, epoch; 0 where there was none. */
  heldUntilMs: Ms,
  /** Observations in a row in which it beat the preferred server by the margin. */
  betterRounds: Count,
});

/** What an election knows from earlier ones: plain data, kept on disk over a restart. */
export const GroupMemory = z.object({
  /** Null until a first server was preferred. */
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
    /** Checked by `adopt`. */
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
 * Fits what was remembered, from any source, to a config that may have changed since: servers that left or moved are
 * forgotten, new ones start empty, and anything malformed counts as an empty memory. The preferred server's name stays
 * even if that server left: the next election reports it.
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
