import type { Budget } from "./budget.ts";
import { oneMove, staysPut } from "./holderBudgets.ts";

const refusedMs = 800;
const hangMs = 1500;

const withoutAgents = "haproxy decides alive or dead by itself: without the agents a client sees the same";
const nothingFails = { outageMs: 0, ...staysPut, failed: 0 } as const;

export const egressBudgets = {
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
