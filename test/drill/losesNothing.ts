import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { reproducer } from "../../drills/chaos/reproducer.ts";
import { runChaos } from "../../drills/chaos/runChaos.ts";
import type { DrilledPair } from "../../drills/pair.ts";

/** Random faults, always the same ones and fresh ones, after which all is there that was acknowledged. */
export function losesNothing(pair: () => DrilledPair): void {
  test.each([
    ["always the same ones", 7],
    ["fresh ones", randomInt(2 ** 32)],
  ])("%s, seed %i", async (_, seed) => {
    const result = await runChaos(pair(), { seconds: 25, seed, signal: AbortSignal.timeout(300_000) });
    expect(result.violations, reproducer(result, [])).toEqual([]);
    expect(result.faults).toBeGreaterThan(2);
    expect(result.acknowledged).toBeGreaterThan(100);
    if (pair().edge) expect(result.routes?.acknowledged).toBeGreaterThan(100);
  });
}
