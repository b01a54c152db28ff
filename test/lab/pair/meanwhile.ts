import { startProber } from "../../drill/observe/startProber.ts";
import type { LabPair } from "./labPair.ts";

/** Failures that a client saw who logs in through the virtual address and asks, twenty times a second, during `work`. */
export async function failuresMeanwhile(
  { lab, databaseUrl }: LabPair,
  work: () => Promise<void>,
): Promise<readonly string[]> {
  const prober = startProber(lab, { ask: "query", databaseUrl, intervalMs: 50, deadlineMs: 20_000 });
  try {
    await work();
  } finally {
    await prober.stop();
  }
  if (prober.probes.length < 5) throw new Error(`only ${prober.probes.length} questions were asked`);
  return prober.probes.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
}
