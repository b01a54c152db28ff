import { randomInt } from "node:crypto";
import { Command, InvalidArgumentError } from "commander";
import { exitStatus, Failure } from "../base/failure.ts";
import { outliveWatcher } from "../base/outliveWatcher.ts";
import { topologyOf } from "../cli/config/checkedConfig.ts";
import { shippedStack } from "../cli/config/stackConfig.ts";
import { outputsOf } from "../cli/engine/outputs.ts";
import { holdLock, openHome } from "../cli/session/home.ts";
import { notes as pc, tellFailure } from "../cli/session/output.ts";
import { labNames } from "../lab/store.ts";
import { becomeRootHere } from "../tools/becomeRootHere.ts";
import { budgets, chaosBudget, isKindName, type KindName, kindNames } from "./budgets.ts";
import type { ToldEpisode } from "./chaos/chaosResult.ts";
import { formatChaos } from "./chaos/formatChaos.ts";
import { episodeLines, reproducer } from "./chaos/reproducer.ts";
import { runChaos } from "./chaos/runChaos.ts";
import { formatJson, formatResult, jsonOf } from "./format.ts";
import { kinds } from "./kinds/kinds.ts";
import { assertRunning, type DrilledPair, drilledPair } from "./pair.ts";
import { runDrill } from "./runDrill.ts";
import { remedyOf, type Shape } from "./shapes.ts";

outliveWatcher();

const interrupted = 130;

const program = new Command("drill")
  .description("make a failure on purpose, repair it, and compare what clients saw with the budget")
  .helpCommand(false)
  .argument("[kind]", "kind of failure; without it, lists all kinds with their budgets", kindName)
  .option("--rounds <n>", "number of rounds", wholeNumber(1, 1000), 5)
  .option("--json", "print the result as one JSON object")
  .option("--details", "with --json: print everything that was measured")
  .option("--stack <name>", "name of the stack", shippedStack)
  .exitOverride()
  .hook("preAction", () => {
    const { details, json } = program.opts<Options>();
    if (details && !json) program.error("error: --details goes with --json");
  })
  .action(async (kind: KindName | undefined, options: Options) => {
    if (kind === undefined) console.log(kindTable());
    else await drill(kind, options);
  });

const chaosWords =
  "random faults, one and two at once, while clients write rows, and change routes where the pair has them";

program
  .command("chaos")
  .description(`${chaosWords}: none that was acknowledged is lost, and the pair recovers from each`)
  .option("--seconds <n>", "no fault begins later than this", wholeNumber(1, 86_400), 300)
  .option(
    "--seed <n>",
    "the same seed gives the same faults; default: a fresh one",
    wholeNumber(0, 2 ** 32 - 1),
  )
  .configureHelp({ showGlobalOptions: true })
  .action(async (own: ChaosOptions) => {
    if (program.getOptionValueSource("rounds") === "cli")
      program.error("error: chaos has --seconds, no --rounds");
    await chaos({ ...program.opts<Options>(), ...own });
  });

interface Options {
  readonly rounds: number;
  readonly json?: boolean;
  readonly details?: boolean;
  readonly stack: string;
}

interface ChaosOptions {
  readonly seconds: number;
  readonly seed?: number;
}

const interruption = new AbortController();

async function drill(
  kind: KindName,
  { rounds, json, details = false, stack: stackName }: Options,
): Promise<void> {
  const pair = await runningPair(stackName);
  console.error(`${kind}: ${kinds[kind].description}; ${rounds} round${rounds === 1 ? "" : "s"}`);
  if (labNames().some((name) => name !== pair.lab)) console.error(`${kind}: on lab ${pair.lab}`);
  console.error("waiting for a healthy pair: each round begins with one");
  const result = await runDrill(kind, pair, {
    rounds,
    signal: interruption.signal,
    onRound: (round, { outageMs, twoHoldersMs, faults }) => {
      const times = `outage ${outageMs.toFixed(0)} ms, two holders ${twoHoldersMs.toFixed(0)} ms`;
      console.error([`${kind} ${round}/${rounds}: ${times}`, ...faults].join("; "));
    },
  });
  for (const sentence of result.missed) console.error(pc.red(`${kind}: ${sentence}`));
  console.log(json ? formatJson(result, details) : formatResult(result));
  process.exitCode = result.ok ? exitStatus.ok : exitStatus.failed;
}

async function chaos({
  seconds,
  seed = randomInt(2 ** 32),
  json,
  details,
  stack,
}: Options & ChaosOptions): Promise<void> {
  const pair = await runningPair(stack);
  console.error(`chaos: ${chaosWords}; ${seconds} s, --seed ${seed}`);
  const { signal } = interruption;
  const onEpisode = (episode: ToldEpisode) => console.error(episodeLines(episode).join("\n"));
  const result = await runChaos(pair, { seconds, seed, signal, onEpisode });
  const again = reproducer(result, stack === shippedStack ? [] : ["--stack", stack]);
  if (again !== "") console.error(pc.red(`chaos: ${result.violations.length} violations; again:\n${again}`));
  const { played: _, ...summary } = result;
  console.log(json ? jsonOf(details ? result : summary) : formatChaos(result));
  process.exitCode = result.ok ? exitStatus.ok : exitStatus.failed;
}

/** The pair of a stack that is up, which nothing else changes meanwhile. */
async function runningPair(stackName: string): Promise<DrilledPair> {
  restoreWhenInterrupted();
  becomeRootHere();
  await holdLock();
  const topology = topologyOf(stackName);
  assertRunning(topology, stackName);
  return drilledPair(topology, await outputsOf(openHome(), stackName));
}

/** Repairs the pair before the command ends on a signal. */
function restoreWhenInterrupted(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!interruption.signal.aborted) console.error("interrupted: repairing the pair first");
      interruption.abort(new Failure("the drill was interrupted; the pair is repaired"));
    });
  }
}

function kindTable(): string {
  const lines = kindNames.map((name) => {
    const budget = `${budgets[name].outageMs} ms`;
    return `  ${name.padEnd(24)}${budget.padStart(8)}  ${kinds[name].description}${needsNote(kinds[name].needs)}`;
  });
  const random = `  ${"chaos".padEnd(24)}${`${chaosBudget.recoveryMs} ms`.padStart(8)}  ${chaosWords}`;
  return ["  kind                      budget  failure", ...lines, random].join("\n");
}

/** What is drilled on another pair than the shipped stack's. */
function needsNote(needs: Shape | undefined): string {
  return needs === undefined ? "" : ` (${remedyOf(needs)})`;
}

function kindName(text: string): KindName {
  if (isKindName(text)) return text;
  throw new InvalidArgumentError(`Kinds are ${kindNames.join(", ")}.`);
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

try {
  await program.parseAsync();
} catch (error) {
  const status = tellFailure(error);
  process.exitCode = interruption.signal.aborted ? interrupted : status;
}
// The engine's client keeps its event loop alive; everything that matters has been awaited.
process.exit();
