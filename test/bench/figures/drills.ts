import type { KindName } from "../../drill/budgets.ts";
import type { DrillResult } from "../../drill/measure/judge.ts";
import { atMost, type Figure, ofRounds } from "../figure.ts";
import { egressFigures } from "./egress.ts";
import { outage } from "./outage.ts";

/** What the table says of a kind; the outage comes first. */
const figuresOf: Readonly<Record<KindName, (result: DrillResult) => Figure[]>> = {
  "host-loss": (result) => [outage("VIP outage, host lost, p95", result)],
  polite: (result) => [outage("polite hand-over, p95", result)],
  "haproxy-kill": (result) => [outage("haproxy crashed, p95", result)],
  "keepalived-kill": (result) => [
    outage("keepalived crashed, p95", result),
    atMost(50, "keepalived crashed, two holders, longest", result.twoHoldersMs.max, "ms"),
  ],
  freeze: (result) => [
    outage("frozen host, p95", result),
    atMost(1000, "frozen host, one holder after the thaw, longest", longest(result.oneHolderAfterMs), "ms"),
    atMost(0, "frozen host, clients stranded", result.stranded ?? Number.NaN, ""),
  ],
  partition: (result) => [
    outage("partition, p95", result),
    atMost(1000, "healed partition, one holder, longest", longest(result.oneHolderAfterMs), "ms"),
    atMost(0, "healed partition, clients that do not reach it at once", result.lateClients ?? Number.NaN, ""),
  ],
  rejoin: (result) => [
    atMost(0, "node rejoins, longest outage", result.outageMs.max, "ms"),
    atMost(0, "node rejoins, failed connections", result.failed, ""),
  ],
  "link-cut": (result) => [outage("link cut, p95", result)],
  "one-way-cut": (result) => [outage("adverts lost one way, p95", result)],
  "pooler-kill": (result) => [outage("pooler crashed, p95", result)],
  "postgres-restart": (result) => [outage("PostgreSQL restarted, p95", result)],
  ...egressFigures,
};

/** The rows of a kind of drill. */
export function drillFigures(kind: KindName, result: DrillResult): Figure[] {
  return ofRounds(result.rounds, figuresOf[kind](result));
}

/** `NaN` where it was not measured: no figure is made of that. */
function longest(times: { readonly max: number } | undefined): number {
  return times?.max ?? Number.NaN;
}
