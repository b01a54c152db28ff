import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import ora from "ora";
import { commandPlugin } from "./commandPlugin.ts";
import { debianPackages } from "./debianPackages.ts";
import { engine } from "./engine.ts";
import { SetupError } from "./setupError.ts";
import type { Step } from "./step.ts";

/** Brings the machine to where every command of the project runs, and stamps that: `main.ts <stamp file> <key>`. */
const [stampFile, key] = process.argv.slice(2);
if (!stampFile || !key) throw new Error("usage: main.ts <stamp file> <key>");

const steps: Step[] = [debianPackages, engine, commandPlugin];
try {
  for (const step of steps) await complete(step);
  await writeStamp(stampFile, { key, present: steps.flatMap((step) => step.present()) });
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

async function complete(step: Step): Promise<void> {
  if (await step.isDone()) return;
  const spinner = ora({ stream: process.stderr });
  let reported = "";
  let began = Date.now();
  const elapsed = () => `${Math.round((Date.now() - began) / 1000)} s`;
  const clock = setInterval(() => {
    if (spinner.isSpinning) spinner.text = `${reported} (${elapsed()})`;
  }, 1000);
  // Without a terminal nothing turns: a line now and then shows that it still works.
  const heartbeat = setInterval(() => {
    if (!process.stderr.isTTY && reported) process.stderr.write(`  … ${reported} (${elapsed()})\n`);
  }, 15_000);
  try {
    await step.run((text) => {
      if (reported) spinner.stopAndPersist({ symbol: "-", text: `${reported} (${elapsed()})` });
      reported = text;
      began = Date.now();
      spinner.start(text);
    });
    if (reported) spinner.succeed(`${reported} (${elapsed()})`);
  } catch (error) {
    spinner.fail();
    throw error;
  } finally {
    clearInterval(clock);
    clearInterval(heartbeat);
  }
}

async function writeStamp(path: string, stamp: { key: string; present: string[] }): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, JSON.stringify(stamp));
  await rename(`${path}.new`, path);
}
