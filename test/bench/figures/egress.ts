import type { EgressKindName } from "../../drill/egressBudgets.ts";
import type { DrillResult } from "../../drill/measure/judge.ts";
import { atMost, type Figure } from "../figure.ts";
import { outage } from "./outage.ts";

type FiguresOf = (result: DrillResult) => Figure[];

/** What the table says of a kind of failure of the way out; the outage comes first. */
export const egressFigures: Readonly<Record<EgressKindName, FiguresOf>> = {
  "egress-refused": (result) => [
    outage("tunnel refused, until a request is served, p95", result),
    lost("refused", result),
  ],
  "egress-hang": (result) => [
    outage("tunnel hanging, until a request is served, p95", result),
    lost("hanging", result),
  ],
  "egress-refused-alone": (result) => [outage("tunnel refused, no agent, p95", result)],
  "egress-hang-alone": (result) => [outage("tunnel hanging, no agent, p95", result)],
  "egress-crash": (result) => [outage("SOCKS proxy crashed, p95", result)],
  "egress-last-resort": (result) => [outage("all WireGuard dead, until WARP serves, p95", result)],
  "egress-recovery": (result) => [atMost(0, "dead proxy comes back, failed requests", result.failed, "")],
  "egress-slow": (result) => [
    atMost(0, "preference leaves a slow proxy, failed requests", result.failed, ""),
    atMost(1, "slow proxy, switches of the preference", result.switches ?? Number.NaN, ""),
  ],
  "egress-flap": (result) => [
    atMost(4, "flapping for 2 minutes, switches", result.switches ?? Number.NaN, ""),
    outage("flapping for 2 minutes, longest outage, p95", result),
  ],
  "egress-agent-kill": (result) => [atMost(0, "agent killed, failed requests", result.failed, "")],
  "egress-haproxy-restart": (result) => [outage("haproxy restarted, SOCKS clients, p95", result)],
  "egress-host-loss": (result) => [outage("host lost, SOCKS clients, p95", result)],
  "egress-vip": (result) => [outage("holder alone loses its egress, p95", result)],
  "egress-all-dead": (result) => [
    outage("all egress dead for 5 s, p95", result),
    atMost(0, "all egress dead on every node, moves of the address", result.moves, ""),
  ],
};

function lost(how: string, { tunnels }: DrillResult): Figure {
  const figure = `tunnel ${how}, long connections lost on other proxies`;
  return atMost(0, figure, tunnels?.lost ?? Number.NaN, "");
}
