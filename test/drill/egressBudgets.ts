import type { Budget } from "./budget.ts";

const refusedMs = 800;
const hangMs = 1500;

const withoutAgents = "haproxy decides alive or dead by itself: without the agents a client sees the same";
const nothingFails = { outageMs: 0, failed: 0 } as const;

export const egressBudgets = {
  "egress-refused": {
    outageMs: refusedMs,
    because:
      "haproxy asks every 450 ms, and after the first failure 100 ms later: two failures take a proxy out; the rest is for a busy host",
  },
  "egress-hang": {
    outageMs: hangMs,
    because: "as egress-refused, and each of the two checks waits 400 ms for an answer that does not come",
  },
  "egress-refused-alone": { outageMs: refusedMs, because: withoutAgents },
  "egress-hang-alone": { outageMs: hangMs, because: withoutAgents },
  "egress-crash": {
    outageMs: refusedMs,
    because: "a connection that a dead proxy refuses is tried at another one after a second at the latest",
  },
  "egress-last-resort": {
    outageMs: hangMs,
    because: "as egress-hang: all proxies are found dead side by side; the way back costs nothing",
  },
  "egress-recovery": {
    ...nothingFails,
    because: "a proxy that comes back takes nothing from one that works",
  },
  "egress-slow": {
    ...nothingFails,
    because: "both proxies carry traffic while the preference moves: a switch fails no request",
  },
  "egress-flap": {
    outageMs: refusedMs,
    failedInRound: 45,
    switches: 4,
    because:
      "the first failure costs what egress-refused costs; then hold-down keeps the preference off the flapping proxy",
  },
  "egress-agent-kill": { ...nothingFails, because: "no request passes through the agent" },
  "egress-haproxy-restart": {
    outageMs: 250,
    because: "the address moves as in haproxy-kill, and the other node answers through three more hops",
  },
  "egress-host-loss": { outageMs: 300, because: "as host-loss: the other node has the same proxies" },
  "egress-vip": {
    outageMs: 5000,
    twoHoldersMs: 50,
    because:
      "1.35 s until haproxy holds the last proxy for dead, 1 s until the agent asks its peer, 1 s to be sure, then keepalived's hand-over; the rest is for a busy host",
  },
  "egress-all-dead": {
    outageMs: 6000,
    because: "five seconds of failure, and the first connection after it: no check has to be waited for",
  },
} as const satisfies Readonly<Record<string, Budget>>;

export type EgressKindName = keyof typeof egressBudgets;
