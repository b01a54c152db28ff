import { Failure } from "../base/failure.ts";
import type { DrilledPair } from "./pair.ts";

/** Shapes of a pool that a kind of failure may need, each with what a config says for it. */
const shapes = {
  "pool-machines": {
    is: ({ pool }: DrilledPair) => pool.on === "machines" && hostsOf(pool).length > 1,
    config: "two pool.machines",
  },
  "poolers-on-nodes": {
    is: ({ pool }: DrilledPair) => pool.on === "nodes",
    config: "pool.on: nodes",
  },
} as const;

export type Shape = keyof typeof shapes;

/** @throws Failure where the pair's pool does not have the shape that a kind of failure needs */
export function assertShape(kind: string, needs: Shape | undefined, pair: DrilledPair): void {
  if (needs === undefined || shapes[needs].is(pair)) return;
  throw new Failure(`${kind} needs another pool than this stack's: give its pair ${shapes[needs].config}`);
}

function hostsOf({ poolers }: DrilledPair["pool"]): readonly string[] {
  return [...new Set(poolers.map(({ host }) => host))];
}
