import { Failure } from "../../base/failure.ts";
import { writeAtomically } from "../../base/files.ts";
import { debianPackages } from "./debianPackages.ts";
import { commandPlugin, engine } from "./engine.ts";
import { type Step, stepProgress } from "./step.ts";

/** Sets this machine up for every command of the project, then writes the stamp: `main.ts <stamp file> <key>`. */
const [stampFile, key] = process.argv.slice(2);
if (!stampFile || !key) throw new Error("usage: main.ts <stamp file> <key>");

const steps: Step[] = [debianPackages, engine, commandPlugin];
try {
  for (const step of steps) await complete(step);
  const stamp = { key, files: steps.flatMap((step) => step.files()) };
  writeAtomically(stampFile, JSON.stringify(stamp), 0o644);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(error.exitStatus);
}

async function complete(step: Step): Promise<void> {
  if (await step.isDone()) return;
  const progress = stepProgress();
  try {
    await step.run((text) => progress.report(text));
  } finally {
    progress.end();
  }
}
