import { kindNames } from "../drills/budgets.ts";
import { kinds } from "../drills/kinds/kinds.ts";
import { measureAgent } from "./agent/measureAgent.ts";
import { measureChange, measureNoOpUp, measureWarmStart } from "./commands.ts";
import { measureDrill } from "./drills.ts";
import { measureEdge } from "./edge/measureEdge.ts";
import { measureFailoverCurve } from "./failover/measureFailoverCurve.ts";
import type { Findings } from "./figure.ts";
import { measurePgbench } from "./pgbench/measurePgbench.ts";
import { measureTls } from "./pgbench/measureTls.ts";
import type { BenchProject } from "./project.ts";
import { measureReload } from "./reload/measureReload.ts";
import { measureRoutes } from "./routes/measureRoutes.ts";
import { measureScale } from "./scale/measureScale.ts";
import { measureSwitch } from "./switch/measureSwitch.ts";

interface PartOptions {
  /** Rounds of a drill. */
  readonly rounds: number;
  /** How long each stress lasts. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

type Part = (project: BenchProject, options: PartOptions) => Promise<Findings>;

/** Those that the shipped stack's pool is made for. */
const drills = Object.fromEntries(
  kindNames
    .filter((kind) => kinds[kind].needs === undefined)
    .map((kind): [string, Part] => [kind, (project, options) => measureDrill(kind, project, options)]),
);

/** What can be measured on a running pair, by the name that `--only` takes, in the order of the table. */
export const parts: Readonly<Record<string, Part>> = {
  ...drills,
  "failover-curve": measureFailoverCurve,
  switch: measureSwitch,
  agent: measureAgent,
  reload: measureReload,
  pgbench: measurePgbench,
  tls: measureTls,
  routes: measureRoutes,
  edge: measureEdge,
  scale: measureScale,
  up: measureNoOpUp,
  change: measureChange,
  start: measureWarmStart,
};
