import type { KindName } from "../drill/budgets.ts";
import type { BenchProject } from "./benchProject.ts";
import type { Findings } from "./findings.ts";
import { measureChange, measureNoOpUp, measureWarmStart } from "./measure/commands.ts";
import { measureDrill } from "./measure/drills.ts";
import { measurePgbench } from "./measure/pgbench.ts";
import { measureReload } from "./measure/reload.ts";

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
};

/** What can be measured on a running pair, by the name that `--only` takes, in the order of the table. */
export const parts: Readonly<Record<string, Part>> = {
  ...drills,
  reload: measureReload,
  pgbench: measurePgbench,
  up: measureNoOpUp,
  change: measureChange,
  start: measureWarmStart,
};
