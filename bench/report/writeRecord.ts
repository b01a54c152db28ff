import { join } from "node:path";
import * as z from "zod";
import { readIfThere, writeAtomically } from "../../base/files.ts";
import { root } from "../../cli/session/home.ts";
import { curvePlot } from "./curvePlot.ts";
import { markdown } from "./format.ts";
import { outagesPlot } from "./outagesPlot.ts";
import { BenchRecord } from "./record.ts";

const folder = join(root, "bench");
const recordFile = join(folder, "results.json");

/** The record of earlier runs; undefined where there is none, or (with a warning) none that this version can read. */
export function readRecord(): BenchRecord | undefined {
  const text = readIfThere(recordFile);
  if (text === undefined) return undefined;
  const { data, error } = BenchRecord.safeParse(JSON.parse(text));
  if (error)
    console.error(
      `${recordFile} cannot be read and is replaced with the first new figure:\n${z.prettifyError(error)}`,
    );
  return data;
}

/** Writes the record, its page and its plots to `bench/`. */
export async function writeRecord(record: BenchRecord): Promise<void> {
  replace(recordFile, `${JSON.stringify(record, null, 2)}\n`);
  replace(join(folder, "README.md"), `# Figures\n\n${markdown(record)}`);
  replace(join(folder, "outages.svg"), await outagesPlot(record.outages));
  if (record.curve.length > 0) replace(join(folder, "failover-curve.svg"), await curvePlot(record.curve));
}

function replace(path: string, text: string): void {
  writeAtomically(path, text, 0o644);
}
