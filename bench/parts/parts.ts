import type { KindName } from "../../drills/budgets.ts";
import type { Findings } from "../findings.ts";
import type { BenchProject } from "../project.ts";
import { measureAgent } from "./agent.ts";
import { measureChange, measureNoOpUp, measureWarmStart } from "./commands.ts";
import { measureDrill } from "./drills.ts";
import { measurePgbench } from "./pgbench.ts";
import { measureReload } from "./reload.ts";
import { measureSwitch } from "./switch.ts";

interface PartOptions {
  /** Rounds of a drill. */
  readonly rounds: number;
  readonly signal: AbortSignal;
}

type Part = (project: BenchProject, options: PartOptions) => Promise<Findings>;

const drill =
  (kind: KindName): Part =>
  (project, { rounds, signal }) =>
    measureDrill(kind, project, rounds, signal);

/** For a kind whose round takes minutes. */
const once =
  (kind: KindName): Part =>
  (project, { signal }) =>
    measureDrill(kind, project, 1, signal);

const drills: Readonly<Record<KindName, Part>> = {
  "host-loss": drill("host-loss"),
  polite: drill("polite"),
  "haproxy-kill": drill("haproxy-kill"),
  "keepalived-kill": drill("keepalived-kill"),
  freeze: drill("freeze"),
  partition: drill("partition"),
  rejoin: drill("rejoin"),
  "link-cut": drill("link-cut"),
  "one-way-cut": drill("one-way-cut"),
  "pooler-kill": drill("pooler-kill"),
  "postgres-restart": drill("postgres-restart"),
  "egress-refused": drill("egress-refused"),
  "egress-hang": drill("egress-hang"),
  "egress-refused-alone": drill("egress-refused-alone"),
  "egress-hang-alone": drill("egress-hang-alone"),
  "egress-crash": drill("egress-crash"),
  "egress-last-resort": drill("egress-last-resort"),
  "egress-recovery": drill("egress-recovery"),
  "egress-slow": once("egress-slow"),
  "egress-flap": once("egress-flap"),
  "egress-agent-kill": drill("egress-agent-kill"),
  "egress-haproxy-restart": drill("egress-haproxy-restart"),
  "egress-host-loss": drill("egress-host-loss"),
  "egress-vip": drill("egress-vip"),
  "egress-all-dead": drill("egress-all-dead"),
};

/** What can be measured on a running pair, by the name that `--only` takes, in the order of the table. */
export const parts: Readonly<Record<string, Part>> = {
  ...drills,
  switch: measureSwitch,
  agent: measureAgent,
  reload: measureReload,
  pgbench: measurePgbench,
  up: measureNoOpUp,
  change: measureChange,
  start: measureWarmStart,
};
