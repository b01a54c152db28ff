import type { Budget } from "./budget.ts";
import { egressBudgets } from "./egressBudgets.ts";
import { oneMove, staysPut } from "./holderBudgets.ts";

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
