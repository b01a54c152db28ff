/** What one kind of failure may cost. Times are in ms; a limit that is absent does not apply. */
export interface Budget {
  /** The outage that a client sees: limit of its 95th percentile over the rounds. */
  readonly outageMs: number;

  // Limits of each round: the worst one counts.
  /** Total time in which two nodes hold the address. */
  readonly twoHoldersMs?: number;
  /** Two nodes hold it until the repair: they do not hear each other, and cannot tell that from the loss of the other. */
  readonly parted?: true;
  /** Total time in which no node holds the address. */
  readonly noHolderMs?: number;
  /** How often a node takes the address. */
  readonly moves?: number;
  /** Time from the repair until exactly one node holds the address, and keeps it. */
  readonly oneHolderAfterMs?: number;
  /** Connections that fail. */
  readonly failedInRound?: number;
  /** Time from the loss until another client gets the row that an open transaction had locked. */
  readonly releasedMs?: number;
  /** Time from the loss of a machine, or from a target's leaving, until the last session through it has ended. */
  readonly endedMs?: number;
  /** Changes of the agent's preference. */
  readonly switches?: number;
  /** The outage that SQL clients see beside the others. */
  readonly sqlOutageMs?: number;

  // Limits of all rounds together.
  /** Connections that fail. */
  readonly failed?: number;
  /** Clients that arrive after the repair and are not served at once. */
  readonly lateClients?: number;
  /** Sessions that get neither an answer nor an error. */
  readonly stranded?: number;
  /** Changes of routes that were acknowledged, and are not served. */
  readonly lostChanges?: number;
}

/** The address moves once, and the node that comes back stays backup. */
const oneMove = { moves: 1 };
/** AWS delivers the address to one node. */
const oneOwner = { moves: 1, twoHoldersMs: 0 };
/** The address has no reason to move. */
const noMove = { moves: 0, twoHoldersMs: 0, noHolderMs: 0 };
const oneHolderAfterMs = 1000;
/** After the repair one node holds the address, and new clients are served at once. */
const repaired = { oneHolderAfterMs, lateClients: 0 };
/** Clients notice nothing. */
const unnoticed = { ...noMove, outageMs: 0, failed: 0 };

/** A peer takes over 40 to 61 ms after the loss (three adverts of 20 ms, and its skew); the rest is reserve. */
const takeoverMs = 100;
/** HAProxy checks every 450 ms, and 100 ms after the first failure: two failures mark a proxy down; the rest is reserve. */
const refusedMs = 800;
/** As `refusedMs`, and each of the two checks waits 400 ms for an answer. */
const hangMs = 1500;
/** 242 ms (adverts of 80 ms), a question to the peer, which is silent (60 ms), and a call of the API; without what AWS itself takes. */
const ec2TakeoverMs = 500;
/** `takeoverMs`; clients of the edge come every 40 ms, and a handshake of TLS takes some milliseconds. */
const edgeTakeoverMs = takeoverMs + 100;
/** A new worker has the routes that its map file lacks after so long. */
const reconciledMs = 200;
/** How long AWS fails after the loss. */
const ec2FailsMs = 2000;
/** The agent's unit starts it again after 100 ms; until it asks AWS it loads, which takes most of this time, and gets its keys. */
const agentRestartMs = 100;
const agentStartMs = 800;
/** A request that the metadata service has taken and does not answer ends then; the next one follows after a pause. */
const metadataTimeoutMs = 1000;
const metadataAgainMs = 250;

/** The budget of each kind of failure, in the order in which the kinds are listed. */
export const budgets = {
  "host-loss": { ...oneMove, outageMs: takeoverMs, twoHoldersMs: 0 },
  // The leaving holder sends an advert of priority 0: the peer waits for its skew only.
  polite: { ...oneMove, outageMs: 50, twoHoldersMs: 50 },
  // A process of the unit removes the address that a killed keepalived leaves behind.
  "keepalived-kill": { ...oneMove, outageMs: takeoverMs, twoHoldersMs: 50 },
  // The track file makes keepalived hand over at once: no check has to time out.
  "haproxy-kill": { ...oneMove, outageMs: 100, twoHoldersMs: 50 },
  "link-cut": { ...oneMove, ...repaired, outageMs: takeoverMs, twoHoldersMs: 50 },
  // The holder keeps serving, or yields to a peer of higher priority: clients see at most one move of the address.
  "one-way-cut": { ...oneMove, ...repaired, outageMs: 100, parted: true, noHolderMs: 100 },
  // The node notices, and hands over as in `polite`; the rest is reserve.
  "address-loss": { ...oneMove, ...repaired, outageMs: 100, twoHoldersMs: 50 },
  "address-loss-backup": unnoticed,
  // For clients on the peer's side as host-loss.
  partition: { ...oneMove, ...repaired, outageMs: takeoverMs, parted: true, noHolderMs: 0 },
  // 50 ms more than host-loss: the machine stops in the middle of its work. After the thaw it hears its successor at once.
  freeze: { outageMs: takeoverMs + 50, twoHoldersMs: 100, oneHolderAfterMs: 100, stranded: 0 },
  // A refused connection goes to another pooler at once; the rest is a login on a busy host.
  "pooler-kill": { ...noMove, outageMs: 250 },
  // There is one PostgreSQL. Once it is back the poolers connect within a second (1.1 s measured in all).
  "postgres-restart": { ...noMove, outageMs: 3000 },
  rejoin: unnoticed,
  // The pooler gives a silent node up after 8 s. A node whose cable or network is cut keeps the address.
  "locks-after-loss": { outageMs: takeoverMs + 50, parted: true, releasedMs: 10_000 },
  // A login is prompt within a second here; HAProxy closes silent connections after five.
  "connection-flood": unnoticed,
  // HAProxy needs up to three seconds to mark the lost poolers down. Until then a new client may meet some of them, one
  // after the other. Sessions end by `tcp-ut`.
  "pool-machine-loss": { ...noMove, outageMs: 500, endedMs: 5000 },
  // The successor has poolers of its own.
  "node-loss-with-poolers": { ...oneMove, outageMs: takeoverMs, twoHoldersMs: 0 },

  "egress-refused": { ...noMove, outageMs: refusedMs },
  "egress-hang": { ...noMove, outageMs: hangMs },
  // HAProxy finds dead proxies without the agent: clients see the same without the agents.
  "egress-refused-alone": { ...noMove, outageMs: refusedMs },
  "egress-hang-alone": { ...noMove, outageMs: hangMs },
  // A refused connection goes to another proxy after a second at most.
  "egress-crash": { ...noMove, outageMs: refusedMs },
  // All proxies are found dead side by side; the way back costs nothing.
  "egress-last-resort": { ...noMove, outageMs: hangMs },
  "egress-recovery": unnoticed,
  // Both proxies carry traffic while the preference moves.
  "egress-slow": { ...unnoticed, switches: 1 },
  // The first failure costs what egress-refused costs; then hold-down keeps the preference off the flapping proxy.
  "egress-flap": { ...noMove, outageMs: refusedMs, failedInRound: 45, switches: 4 },
  // No request passes through the agent.
  "egress-agent-kill": unnoticed,
  // The address moves as in haproxy-kill, and the other node answers through three more hops.
  "egress-haproxy-restart": { ...oneMove, outageMs: 250, twoHoldersMs: 50 },
  // The other node has the same proxies.
  // Clients come every 20 ms, and are served through three hops more.
  "egress-host-loss": { ...oneMove, outageMs: takeoverMs + 100, twoHoldersMs: 0 },
  // 1.35 s until HAProxy marks the last proxy down. Then the agent measures each proxy twice, every half second: a
  // measurement takes up to a second, and one may already be under way. The rest is reserve.
  "egress-vip": { ...oneMove, outageMs: 7000, twoHoldersMs: 50 },
  // Five seconds of failure, and the first connection after it: no check has to be waited for.
  "egress-all-dead": { ...noMove, outageMs: 6000 },

  // Nobody notices a change or a reload; the same for SQL beside it.
  "route-change-under-load": { ...unnoticed, lostChanges: 0, sqlOutageMs: 0 },
  "route-failover": { ...oneMove, outageMs: edgeTakeoverMs, twoHoldersMs: 0, lostChanges: 0 },
  // As `partition`; the outage is also that after the repair.
  "route-partition": {
    ...oneMove,
    oneHolderAfterMs,
    outageMs: edgeTakeoverMs,
    parted: true,
    noHolderMs: 0,
    lostChanges: 0,
  },
  "route-database-down": { ...unnoticed, lostChanges: 0 },
  // A reload without the unit's own commands begins with an old map, which the agent sees and replaces.
  "route-foreign-reload": { ...noMove, outageMs: reconciledMs, lostChanges: 0, sqlOutageMs: 0 },
  "route-disk-full": { ...unnoticed, lostChanges: 0, sqlOutageMs: 0 },
  // Two looks of the agent, half a second apart, and root's own; then HAProxy is killed, and the peer takes the address.
  "haproxy-hang": { ...oneMove, outageMs: 3000, twoHoldersMs: 50 },
  // The edge answers other addresses within a second, and SQL takes no notice.
  "edge-flood": { ...unnoticed, sqlOutageMs: 0 },
  "edge-slow": { ...unnoticed, sqlOutageMs: 0 },
  // What clients of the edge notice is a fault of its own.
  "cert-renewal": unnoticed,
  // Sessions that break early or come late are faults of their own. They end at `routes.drainS`, which is a minute at most.
  "node-drain": { ...unnoticed, sqlOutageMs: 0, endedMs: 70_000 },

  "ec2-host-loss": { ...oneOwner, outageMs: ec2TakeoverMs },
  // Both nodes have the address, so the earlier holder serves until AWS delivers to the other. A connection that is
  // being made just then has packets on both, and is reset.
  "ec2-polite": { ...oneOwner, outageMs: 50, failedInRound: 1 },
  "ec2-api-error": { ...oneOwner, outageMs: ec2FailsMs + ec2TakeoverMs },
  "ec2-api-slow": { ...oneOwner, outageMs: 1000 + ec2TakeoverMs },
  "ec2-throttled": { ...oneOwner, outageMs: ec2FailsMs + ec2TakeoverMs },
  "ec2-credentials": { ...oneOwner, outageMs: ec2FailsMs + ec2TakeoverMs },
  // The agents reach each other, and the one without the address hears that the other has it.
  "ec2-one-way": { ...oneOwner, outageMs: 100, lateClients: 0 },
  // None during the loss, and one after it, where the node without the address has the higher priority.
  "ec2-two-way": { ...oneOwner, outageMs: 100, lateClients: 0 },
  // Two moves in the partition, and one to the node that keepalived chooses after it.
  "ec2-partition": { ...oneOwner, moves: 3, outageMs: 100, lateClients: 0 },
  "ec2-agent-kill": { ...oneOwner, moves: 0, outageMs: 0, failed: 0 },
  "ec2-agent-kill-backup": { ...oneOwner, outageMs: agentRestartMs + agentStartMs + ec2TakeoverMs },
  "ec2-late-metadata": {
    ...oneOwner,
    outageMs: ec2FailsMs + metadataTimeoutMs + metadataAgainMs + ec2TakeoverMs,
  },
  "ec2-late-effect": { ...oneOwner, outageMs: 1500 + ec2TakeoverMs },
} satisfies Readonly<Record<string, Budget & TwoHolders>>;

/** Each kind says how long two nodes may hold the address, or why they must. */
type TwoHolders = Required<Pick<Budget, "twoHoldersMs">> | Required<Pick<Budget, "parted">>;

/** What random faults may cost, in each of their episodes; ms. */
export const chaosBudget = {
  /** From the heal, or from the power's return, until a new client is served and exactly one node holds the address. */
  recoveryMs: 10_000,
  /** From the heal until a change of a route is made on all nodes. */
  changedMs: 10_000,
  /** From the heal until no transaction is open whose client or machine died before it. */
  releasedMs: budgets["locks-after-loss"].releasedMs,
  /** With two holders where the nodes can hear each other. The faults themselves load this host's cores, and in the tests another drill does. */
  twoHoldersMs: 500,
} as const;

export type KindName = keyof typeof budgets;

export function isKindName(text: string): text is KindName {
  return Object.hasOwn(budgets, text);
}

export const kindNames: readonly KindName[] = Object.keys(budgets).filter(isKindName);
