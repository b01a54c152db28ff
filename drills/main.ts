import { Command, InvalidArgumentError } from "commander";
import { exitStatus, Failure } from "../base/failure.ts";
import { outliveWatcher } from "../base/outliveWatcher.ts";
import { topologyOf } from "../cli/config/checkedConfig.ts";
import { shippedStack } from "../cli/config/stackConfig.ts";
import { outputsOf } from "../cli/engine/outputs.ts";
import { openHome } from "../cli/session/home.ts";
import { holdLock } from "../cli/session/lock.ts";
import { notes as pc, tellFailure } from "../cli/session/output.ts";
import { becomeRootHere } from "../tools/becomeRootHere.ts";
import { budgets, isKindName, type KindName, kindNames } from "./budgets.ts";
import { formatJson, formatResult } from "./format.ts";
import { kinds } from "./kinds/kinds.ts";
import { assertRunning, drilledPair } from "./pair.ts";
import { runDrill } from "./runDrill.ts";

outliveWatcher();

const interrupted = 130;

const program = new Command("drill")
  .description("make a failure on purpose and measure what clients of the pair see")
  .argument("[kind]", "what fails; without it, all kinds are listed", kindName)
  .option("--rounds <n>", "how often", rounds, 5)
  .option("--json", "print the result as one JSON object")
  .option("--details", "with --json: everything that was measured")
  .option("--stack <name>", "name of the stack", shippedStack)
  .exitOverride()
  .action(async (kind: KindName | undefined, options: Options) => {
    if (options.details && !options.json) program.error("error: --details goes with --json");
    if (kind === undefined) console.log(listOfKinds());
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
  holdLock();
  const topology = topologyOf(stackName);
  assertRunning(topology, stackName);
  const pair = drilledPair(topology, await outputsOf(openHome(), stackName));
  console.error(`${kind}: ${kinds[kind].description}; ${rounds} times`);
  console.error("a round begins once the pair is healthy and clients are served: waiting for the first");
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

/** The pair is brought back before the command ends, whoever ends it. */
function restoreWhenInterrupted(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!interruption.signal.aborted) console.error("interrupted: bringing the pair back first");
      interruption.abort(new Failure("the drill was interrupted; the pair is as it was before"));
    });
  }
}

function listOfKinds(): string {
  const lines = kindNames.map((name) => {
    const budget = `${budgets[name].outageMs} ms`;
    return `  ${name.padEnd(24)}${budget.padStart(8)}  ${kinds[name].description}`;
  });
  return ["  kind                      budget  what fails", ...lines].join("\n");
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
