import { Failure } from "../base/failure.ts";
import { type DrilledPair, edgeRemedy, updatesRemedy } from "./pair.ts";

/** What a kind of failure may need of a pair, each with what to do where the pair lacks it. */
const shapes = {
  "pool-machines": {
    is: ({ pool }: DrilledPair) => pool.on === "machines" && hostsOf(pool).length > 1,
    remedy: "give its pair two pool.machines",
  },
  "poolers-on-nodes": {
    is: ({ pool }: DrilledPair) => pool.on === "nodes",
    remedy: "give its pair pool.on: nodes",
  },
  /** Nodes of EC2 on the machines of a lab that is a VPC. */
  ec2: {
    is: ({ ec2 }: DrilledPair) => ec2 !== undefined,
    remedy: "npm test -- ec2 drills it in a lab that plays AWS",
  },
  edge: {
    is: ({ edge }: DrilledPair) => edge !== undefined,
    remedy: edgeRemedy,
  },
  /** Nodes whose service the drill plays, and whose sessions end within a minute. */
  updates: {
    is: ({ edge }: DrilledPair) => edge?.updates !== undefined && edge.updates.drainS <= 60,
    remedy: updatesRemedy,
  },
} as const;

export type Shape = keyof typeof shapes;

/** @throws Failure where the pair does not have the shape that a kind of failure needs */
export function assertShape(kind: string, needs: Shape | undefined, pair: DrilledPair): void {
  if (needs === undefined || shapes[needs].is(pair)) return;
  throw new Failure(`${kind} needs another pair than this stack's: ${remedyOf(needs)}`);
}

/** What to do for a pair of this shape. */
export function remedyOf(needs: Shape): string {
  return shapes[needs].remedy;
}

function hostsOf({ poolers }: DrilledPair["pool"]): readonly string[] {
  return [...new Set(poolers.map(({ host }) => host))];
}
