import { expect } from "vitest";
import { startProber } from "../../../drills/clients/prober.ts";
import type { LabPair } from "./labPair.ts";

/** Failures that a client saw who logs in through the virtual address and asks, twenty times a second, during `work`. */
export async function failuresMeanwhile(
  { lab, databaseUrl }: LabPair,
  work: () => Promise<void>,
): Promise<readonly string[]> {
  const prober = startProber(lab, { ask: "query", databaseUrl, intervalMs: 50, deadlineMs: 20_000 });
  const answered = (count: number) =>
    expect.poll(() => prober.probes.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
  try {
    await answered(1);
    await work();
    await answered(prober.probes.length + 1);
  } finally {
    await prober.stop();
  }
  return prober.probes.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
}
