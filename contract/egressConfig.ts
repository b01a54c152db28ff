import * as z from "zod";

/** Where the agent's loop reads its config on a node, relative to `/`; holds no secret. */
export const egressConfigPath = "etc/hapair/egress.json";

const Server = z.strictObject({
  name: z.string(),
  address: z.string(),
  port: z.int(),
  /** Used only while no server without this carries traffic. */
  lastResort: z.boolean(),
  /** Its exit has to be Cloudflare WARP. */
  warp: z.boolean(),
});

const Group = z.strictObject({
  name: z.string(),
  /** Client port on the virtual address. */
  port: z.int(),
  /** haproxy's backend, as `show stat` names it. */
  backend: z.string(),
  /** haproxy's map of one entry, `preferred` → server name; absolute path. The agent writes it, a new worker reads it. */
  mapFile: z.string(),
  essential: z.boolean(),
  /** One or two http(s) addresses. */
  targets: z.array(z.string()).min(1).max(2),
  warpTrace: z.string(),
  probe: z.strictObject({ intervalMs: z.int(), connectTimeoutMs: z.int(), requestTimeoutMs: z.int() }),
  hysteresis: z.strictObject({
    marginMs: z.int(),
    marginPercent: z.int(),
    rounds: z.int(),
    dwellS: z.int(),
    holdDownS: z.int(),
    maxHoldDownS: z.int(),
  }),
  /** In the order of the config, last resorts at the end. */
  servers: z.array(Server).min(1),
});

/** What the agent's egress loop must know of its node. */
export const EgressConfig = z.strictObject({
  host: z.string(),
  /** haproxy's Runtime API socket for an operator, who may read everything and change maps; absolute path. */
  runtimeSocket: z.string(),
  /** Where `hapair action` takes requests that need HAProxy's administrator, absolute path. */
  actionSocket: z.string(),
  /** What the loop remembers over a restart, absolute path. */
  stateFile: z.string(),
  /** keepalived's track file: 1 makes this node unfit for the virtual address; absolute path. */
  trackFile: z.string(),
  /** keepalived's other track file, which haproxy's unit writes: 0 while it serves; absolute path. */
  haproxyTrackFile: z.string(),
  /** keepalived's track file of `hapair join`: 1 while its peers do not know this node; absolute path, absent on EC2. */
  joinTrackFile: z.optional(z.string()),
  /** The `cgroup.events` of keepalived's unit: whether it runs; absolute path. */
  keepalivedEvents: z.string(),
  /** Folder of the groups' logs, absolute path. Each is named by its client port, has a line per change and is rotated. */
  logFolder: z.string(),
  /** Where `/metrics` and `/egress` are served: loopback first, then the node's own address. */
  listen: z.array(z.strictObject({ address: z.string(), port: z.int() })).min(1),
  /** The pair's other nodes: where their agents answer. */
  peers: z.array(z.strictObject({ name: z.string(), address: z.string(), port: z.int() })),
  moveVip: z.boolean(),
  virtualAddress: z.string(),
  /**
   * Where a script of keepalived writes its state, one of `vrrpStates`; absolute path, no file while keepalived does not
   * run. Present where every node keeps the virtual address on an interface: this state says which of them holds it.
   */
  vrrpFile: z.optional(z.string()),
  /** A certificate authority besides the host's own, PEM; empty where there is none. */
  ca: z.string(),
  /** Empty on a node of a pair without egress. */
  groups: z.array(Group),
});
export type EgressConfig = z.infer<typeof EgressConfig>;
export type EgressGroupConfig = EgressConfig["groups"][number];
export type EgressServerConfig = EgressGroupConfig["servers"][number];
