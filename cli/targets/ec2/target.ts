import type { StackTarget } from "../target.ts";

/** Instances of EC2: the engine makes and removes them, and its run asks AWS for what the config names before that. */
export const ec2: StackTarget<"ec2"> = {
  prepare: async () => ({ revive: async () => [] }),
  // Loaded where it is needed: asking AWS needs more than the other commands.
  examine: async (target, topology, made) => {
    const { examineEc2 } = await import("./examine.ts");
    return examineEc2(
      target,
      topology,
      made().map(({ type }) => type),
    );
  },
  remove: async () => {},
};
