import { Failure } from "../../base/failure.ts";
import { run } from "../../drills/machine.ts";
import type { DrilledPair } from "../../drills/pair.ts";
import { exec, findLeader } from "../../lab/machine/exec.ts";
import type { StressName } from "./curve.ts";
import { stressCommand, stressUnit } from "./stressUnit.ts";

/** Other work on the nodes of a pair, as heavy on each. */
export interface Stress {
  /** @throws Failure where it has ended on a node that runs: what was measured since says nothing */
  assertLasts(): Promise<void>;
  /** Ends it; also where it has ended already. */
  stop(): Promise<void>;
}

/** @param forS it ends by itself after this time */
export async function startStress(
  { lab, nodes }: DrilledPair,
  name: StressName,
  forS: number,
): Promise<Stress> {
  const running = () => nodes.filter((node) => findLeader(lab, node) !== undefined);
  const systemctl = (node: string, verb: string) => exec(lab, node, ["systemctl", verb, stressUnit]);
  const stop = async () => {
    // A unit that has ended is not loaded any more, which systemctl calls a failure.
    for (const node of running()) await systemctl(node, "stop");
  };
  try {
    for (const node of nodes) await run(lab, node, stressCommand(name, forS));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    stop,
    assertLasts: async () => {
      for (const node of running()) {
        const { exitCode } = await systemctl(node, "is-active");
        if (exitCode !== 0)
          throw new Failure(
            `the stress of ${name} on ${node} ended before its measurement: journalctl --unit=${stressUnit} there has the reason`,
          );
      }
    },
  };
}
