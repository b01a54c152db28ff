import * as z from "zod";

/** Degraded: its port is open, its tunnel dead. Offline: no TCP connection. Both mean "do not use". */
export const serverStates = ["online", "degraded", "offline"] as const;
export type ServerState = (typeof serverStates)[number];

const Time = z.iso.datetime();

/** A past change of preference; the loop remembers it in the form that its page shows. */
export const PastSwitch = z.object({
  at: Time,
  from: z.nullable(z.string()),
  to: z.string(),
  why: z.string(),
});

const Server = z.object({
  name: z.string(),
  address: z.string(),
  port: z.int(),
  lastResort: z.boolean(),
  /** Null before the first measurement. */
  state: z.nullable(z.enum(serverStates)),
  cause: z.nullable(z.string()),
  /** Moving average; null unless it answered. */
  latencyMs: z.nullable(z.number()),
  /** Null while haproxy does not answer. */
  haproxy: z.nullable(z.enum(["up", "down", "maint"])),
  preferred: z.boolean(),
  /** What keeps it from being preferred although it is better; null where nothing does. */
  held: z.nullable(z.string()),
  measuredAt: z.nullable(Time),
  /** Whether it is preferred, and why or why not, in words; absent from older agents. */
  why: z.string().default(""),
});

const Group = z.object({
  name: z.string(),
  port: z.int(),
  essential: z.boolean(),
  /** Whether any server of it carries traffic. */
  usable: z.boolean(),
  preferred: z.nullable(z.string()),
  /** The last ones, newest first. */
  switches: z.array(PastSwitch),
  servers: z.array(Server),
});

/** The loop's state at `/egress`: for people, for `hapair egress` and for the peers. */
export const EgressPage = z.object({
  host: z.string(),
  at: Time,
  /** `problem` says why haproxy does not answer; null while it does. */
  haproxy: z.object({ answers: z.boolean(), problem: z.nullable(z.string()) }),
  vip: z.object({
    address: z.string(),
    moves: z.boolean(),
    givenUp: z.boolean(),
    /** Whether the address is on this node. */
    holder: z.boolean(),
    /** Whether keepalived would take it here, where this node has not given it up. */
    able: z.boolean(),
    /**
     * Addresses of the nodes with which its keepalived exchanges adverts; null while a transaction moves the node to another
     * bundle. Absent from older agents.
     */
    peers: z.nullable(z.array(z.string())).default(null),
  }),
  groups: z.array(Group),
});
export type EgressPage = z.infer<typeof EgressPage>;
export type PastSwitch = z.infer<typeof PastSwitch>;
