import { Failure } from "../../../cli/failure.ts";

/**
 * Transactions per second of all pgbench processes whose output this is: they ran side by side.
 * @throws Failure where one of the `processes` said nothing of it, or a transaction failed
 */
export function sumTps(output: string, processes: number): number {
  const rates = [...output.matchAll(/^tps = ([\d.]+)/gm)].map(([, rate]) => Number(rate));
  const failed = [...output.matchAll(/^number of failed transactions: (\d+)/gm)].map(([, count]) =>
    Number(count),
  );
  if (rates.length !== processes || failed.some((count) => count > 0))
    throw new Failure(`pgbench did not run to its end:\n${output.trim().split("\n").slice(-12).join("\n")}`);
  return rates.reduce((sum, rate) => sum + rate, 0);
}
