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
import { budgets, isKindName, type KindName, kindNames } from "./budgets.ts";
import { formatJson, formatResult } from "./format.ts";
import { kinds } from "./kinds/kinds.ts";
import { assertRunning, drilledPair } from "./pair.ts";
import { runDrill } from "./runDrill.ts";
import { remedyOf, type Shape } from "./shapes.ts";

outliveWatcher();

const interrupted = 130;

const program = new Command("drill")
  .description("make a failure on purpose, repair it, and compare what clients saw with the budget")
  .argument("[kind]", "kind of failure; without it, lists all kinds with their budgets", kindName)
  .option("--rounds <n>", "number of rounds", rounds, 5)
  .option("--json", "print the result as one JSON object")
  .option("--details", "with --json: print everything that was measured")
  .option("--stack <name>", "name of the stack", shippedStack)
  .exitOverride()
  .action(async (kind: KindName | undefined, options: Options) => {
    if (options.details && !options.json) program.error("error: --details goes with --json");
    if (kind === undefined) console.log(kindTable());
    else await drill(kind, options);
  });

interface Options {
  readonly rounds: number;
  readonly json?: boolean;
  readonly details?: boolean;
  readonly stack: string;
}

const interruption = new AbortController();

async function drill(
  kind: KindName,
  { rounds, json, details = false, stack: stackName }: Options,
): Promise<void> {
  restoreWhenInterrupted();
  becomeRootHere();
  await holdLock();
  const topology = topologyOf(stackName);
  assertRunning(topology, stackName);
  const pair = drilledPair(topology, await outputsOf(openHome(), stackName));
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
  return ["  kind                      budget  failure", ...lines].join("\n");
}

/** What is drilled on another pair than the shipped stack's. */
function needsNote(needs: Shape | undefined): string {
  return needs === undefined ? "" : ` (${remedyOf(needs)})`;
}

function kindName(text: string): KindName {
  if (isKindName(text)) return text;
  throw new InvalidArgumentError(`Kinds are ${kindNames.join(", ")}.`);
}

function rounds(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number <= 1000) return number;
  throw new InvalidArgumentError("Expected a whole number from 1 to 1000.");
}

try {
  await program.parseAsync();
} catch (error) {
  const status = tellFailure(error);
  process.exitCode = interruption.signal.aborted ? interrupted : status;
}
// The engine's client keeps its event loop alive; everything that matters has been awaited.
process.exit();
