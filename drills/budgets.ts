/** What a kind of failure may cost at most, ms; `because` says where the figure comes from. */
export interface Budget {
  /** Bound of the 95th percentile of the outage. */
  readonly outageMs: number;
  /** Bound of the time with two holders, in any round. */
  readonly twoHoldersMs?: number;
  /** Bound of the time without a holder, in any round. */
  readonly noHolderMs?: number;
  /** Bound of how often a node takes the address, in any round. */
  readonly moves?: number;
  /** Bound of the time from the repair until exactly one node holds the address for good, in any round. */
  readonly oneHolderAfterMs?: number;
  /** Bound of the clients that arrive after the repair and are not served at once, over all rounds. */
  readonly lateClients?: number;
  /** Bound of the sessions that hear neither answer nor error any more, over all rounds. */
  readonly stranded?: number;
  /** Bound of the connections that fail, over all rounds. */
  readonly failed?: number;
  /** Bound of the connections that fail, in any round. */
  readonly failedInRound?: number;
  /** Bound of the changes of preference, in any round. */
  readonly switches?: number;
  readonly because: string;
}

/** The holder fails once, and the node that comes back stays backup. */
const oneMove = { moves: 1 } as const;

/** The address has no reason to move. */
const staysPut = { moves: 0, twoHoldersMs: 0, noHolderMs: 0 } as const;

const refusedMs = 800;
const hangMs = 1500;

const withoutAgents = "haproxy decides alive or dead by itself: without the agents a client sees the same";
const nothingFails = { outageMs: 0, ...staysPut, failed: 0 } as const;

const egressBudgets = {
  "egress-refused": {
    outageMs: refusedMs,
    ...staysPut,
    because:
      "haproxy asks every 450 ms, and after the first failure 100 ms later: two failures take a proxy out; the rest is for a busy host",
  },
  "egress-hang": {
    outageMs: hangMs,
    ...staysPut,
    because: "as egress-refused, and each of the two checks waits 400 ms for an answer that does not come",
  },
  "egress-refused-alone": { outageMs: refusedMs, ...staysPut, because: withoutAgents },
  "egress-hang-alone": { outageMs: hangMs, ...staysPut, because: withoutAgents },
  "egress-crash": {
    outageMs: refusedMs,
    ...staysPut,
    because: "a connection that a dead proxy refuses is tried at another one after a second at the latest",
  },
  "egress-last-resort": {
    outageMs: hangMs,
    ...staysPut,
    because: "as egress-hang: all proxies are found dead side by side; the way back costs nothing",
  },
  "egress-recovery": {
    ...nothingFails,
    because: "a proxy that comes back takes nothing from one that works",
  },
  "egress-slow": {
    ...nothingFails,
    switches: 1,
    because: "both proxies carry traffic while the preference moves: a switch fails no request",
  },
  "egress-flap": {
    outageMs: refusedMs,
    ...staysPut,
    failedInRound: 45,
    switches: 4,
    because:
      "the first failure costs what egress-refused costs; then hold-down keeps the preference off the flapping proxy",
  },
  "egress-agent-kill": { ...nothingFails, because: "no request passes through the agent" },
  "egress-haproxy-restart": {
    outageMs: 250,
    ...oneMove,
    twoHoldersMs: 50,
    because: "the address moves as in haproxy-kill, and the other node answers through three more hops",
  },
  "egress-host-loss": {
    outageMs: 300,
    ...oneMove,
    twoHoldersMs: 0,
    because: "as host-loss: the other node has the same proxies",
  },
  "egress-vip": {
    outageMs: 7000,
    ...oneMove,
    twoHoldersMs: 50,
    because:
      "1.35 s until haproxy holds the last proxy for dead; then the agent measures each twice to be sure, a second where nothing answers and another where a measurement was under way, in rounds of half a second; the rest is for a busy host",
  },
  "egress-all-dead": {
    outageMs: 6000,
    ...staysPut,
    because: "five seconds of failure, and the first connection after it: no check has to be waited for",
  },
} as const satisfies Readonly<Record<string, Budget>>;

export type EgressKindName = keyof typeof egressBudgets;

const oneSecond = 1000;

export const budgets = {
  "host-loss": {
    outageMs: 300,
    ...oneMove,
    twoHoldersMs: 0,
    because:
      "a peer takes over 162 to 242 ms after the loss (three adverts of 80 ms, and its skew); the rest is for a busy host",
  },
  polite: {
    outageMs: 50,
    ...oneMove,
    twoHoldersMs: 50,
    because: "a holder that leaves says so with an advert of priority 0: the peer waits for its skew only",
  },
  "keepalived-kill": {
    outageMs: 300,
    ...oneMove,
    twoHoldersMs: 50,
    because: "as host-loss, and the unit removes the address that a killed keepalived leaves behind",
  },
  "haproxy-kill": {
    outageMs: 100,
    ...oneMove,
    twoHoldersMs: 50,
    because: "the unit's own note makes keepalived hand over at once; no check has to time out",
  },
  "link-cut": {
    outageMs: 300,
    ...oneMove,
    twoHoldersMs: 50,
    lateClients: 0,
    oneHolderAfterMs: oneSecond,
    because: "as host-loss for the peer; the repair must not bring a second holder",
  },
  "one-way-cut": {
    outageMs: 100,
    ...oneMove,
    noHolderMs: 100,
    lateClients: 0,
    oneHolderAfterMs: oneSecond,
    because:
      "the unheard holder serves on, or gives way to a peer of higher priority: a client loses at most what a move of the address costs",
  },
  partition: {
    outageMs: 300,
    ...oneMove,
    noHolderMs: 0,
    lateClients: 0,
    oneHolderAfterMs: oneSecond,
    because:
      "as host-loss for clients on the peer's side; healed, one of two holders gives way within a second",
  },
  freeze: {
    outageMs: 350,
    stranded: 0,
    oneHolderAfterMs: oneSecond,
    because: "as host-loss, and 50 ms for a machine that stops in the middle of its work",
  },
  "pooler-kill": {
    outageMs: 250,
    ...staysPut,
    because: "a refused connection is tried at another pooler at once; the rest is a login on a busy host",
  },
  "postgres-restart": {
    outageMs: 3000,
    ...staysPut,
    because:
      "there is one PostgreSQL: it stops and starts, and the poolers try it again every second (1.1 s measured)",
  },
  rejoin: {
    outageMs: 0,
    ...staysPut,
    failed: 0,
    because: "a node that comes back stays backup: the address does not move",
  },
  ...egressBudgets,
} as const satisfies Readonly<Record<string, Budget>>;

export type KindName = keyof typeof budgets;

export function isKindName(text: string): text is KindName {
  return Object.hasOwn(budgets, text);
}

export const kindNames: readonly KindName[] = Object.keys(budgets).filter(isKindName);
