import { Command, InvalidArgumentError } from "commander";
import { exitStatus, Failure } from "../base/failure.ts";
import { outliveWatcher } from "../base/outliveWatcher.ts";
import { notes as pc, tellFailure } from "../cli/session/output.ts";
import { isKindName } from "../drills/budgets.ts";
import { becomeRootHere } from "../tools/becomeRootHere.ts";
import { measureColdStart } from "./commands.ts";
import type { Figure, Findings } from "./figure.ts";
import { parts } from "./parts.ts";
import { BenchProject } from "./project.ts";
import { formatJson, formatTable } from "./report/format.ts";
import { addFindings, fewerRounds, otherMachine, thisMachine } from "./report/record.ts";
import { readRecord, writeRecord } from "./report/writeRecord.ts";

outliveWatcher();

const interrupted = 130;
/** The one part that makes a pair of its own. */
const cold = "cold";

interface Options {
  readonly json?: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly only?: readonly string[];
  readonly cold?: boolean;
}

const interruption = new AbortController();

/** The help leaves out the kinds of drill: `npm run drill` lists them. */
const otherParts = [...Object.keys(parts).filter((part) => !isKindName(part)), cold];

const program = new Command("bench")
  .description("measure the figures of the README on a pair of its own, and write them to bench/")
  .option("--json", "print the figures as one JSON list")
  .option("--rounds <n>", "rounds of each drill; one for a drill that takes minutes", wholeNumber, 20)
  .option("--seconds <n>", "how long each stress of failover-curve lasts", wholeNumber, 60)
  .option(
    "--only <part...>",
    `measure these parts only: ${otherParts.join(", ")}, or a kind of drill (npm run drill lists them)`,
  )
  .option("--cold", "measure also the cold start: `npm start` with nothing cached, which takes minutes")
  .exitOverride()
  .action(bench);

async function bench({ json, only, cold: alsoCold, ...amount }: Options): Promise<void> {
  removeWhenInterrupted();
  becomeRootHere();
  const names = checkedParts(only ?? Object.keys(parts));
  console.error("other work on this machine changes the figures: stop other labs first (npm run destroy)");
  const machine = thisMachine();
  let record = readRecord();
  const warning = otherMachine(record, machine);
  if (warning !== undefined) console.error(warning);
  const figures: Figure[] = [];
  const keep = async (findings: Findings) => {
    figures.push(...findings.figures);
    for (const sentence of fewerRounds(record, findings.figures)) console.error(sentence);
    record = addFindings(record, findings, machine, date);
    await writeRecord(record);
  };
  const date = new Date().toISOString().slice(0, 10);
  const onPair = names.filter((name) => name !== cold);
  if (onPair.length > 0) await measureOnPair(onPair, amount, keep);
  if (alsoCold || names.includes(cold)) await keep(await measureColdStart());
  console.log(json ? formatJson(figures) : formatTable(figures, machine, date));
  process.exitCode = figures.every(({ ok }) => ok) ? exitStatus.ok : exitStatus.failed;
}

/** Brings up a pair, measures part by part, removes it. */
async function measureOnPair(
  names: readonly string[],
  amount: Pick<Options, "rounds" | "seconds">,
  keep: (findings: Findings) => Promise<void>,
): Promise<void> {
  const { signal } = interruption;
  const project = await BenchProject.make({ purpose: "bench" });
  try {
    console.error("bringing up the bench's own pair");
    await project.run("npm", "start");
    for (const name of names) {
      signal.throwIfAborted();
      console.error(pc.bold(name));
      const findings = await parts[name]?.(project, { ...amount, signal });
      if (findings) await keep(findings);
    }
  } finally {
    console.error("removing the bench's own pair");
    await project.remove();
  }
}

function checkedParts(names: readonly string[]): readonly string[] {
  const unknown = names.filter((name) => name !== cold && !Object.hasOwn(parts, name));
  if (unknown.length === 0) return names;
  const known = [...Object.keys(parts), cold].join(", ");
  throw new InvalidArgumentError(`error: unknown part ${unknown.join(", ")}; parts are ${known}`);
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number <= 1000) return number;
  throw new InvalidArgumentError("Expected a whole number from 1 to 1000.");
}

/** Removes the bench's machines before the command ends on a signal. */
function removeWhenInterrupted(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!interruption.signal.aborted) console.error("interrupted: removing the bench's own pair first");
      interruption.abort(
        new Failure("the bench was interrupted; the parts that were complete are in bench/"),
      );
    });
  }
}

try {
  await program.parseAsync();
} catch (error) {
  // Commander prints what it finds itself; this one comes from the command's action.
  if (error instanceof InvalidArgumentError) console.error(error.message);
  const status = tellFailure(error);
  process.exitCode = interruption.signal.aborted ? interrupted : status;
}
// The engine's client keeps its event loop alive; everything that matters has been awaited.
process.exit();
