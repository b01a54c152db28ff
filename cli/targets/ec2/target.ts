import { Failure } from "../../../base/failure.ts";
import { plainConfig } from "../../config/stackConfig.ts";
import { storedStack } from "../../engine/stackState.ts";
import { nodesHeldBack } from "../heldBack.ts";
import type { StackTarget } from "../target.ts";

/**
 * Instances of EC2: the engine makes, replaces and removes them, and its run asks AWS for what the config names before
 * that. What only this target needs is loaded by it alone.
 */
export const ec2: StackTarget<"ec2"> = {
  prepare: async ({ region = "" }, topology, { without }) => {
    await (await import("./reach.ts")).refuseUnreached(region);
    return {
      revive: async () => [],
      heldBack: async (stack) => {
        const { changesOfMade } = await import("./instanceChanges.ts");
        return nodesHeldBack(stack, topology, without, await changesOfMade(stack));
      },
    };
  },
  examine: async (target, topology, made) => {
    const { examineEc2 } = await import("./examine.ts");
    const { pluginFindings } = await import("./plugin.ts");
    return [...pluginFindings(), ...(await examineEc2(target, topology, made()))];
  },
  remove: async ({ name, home, without, resources, configFile }) => {
    const unknown = storedStack(home, name)?.unknown ?? [];
    if (![...resources, ...unknown].some(({ type }) => type.startsWith("aws:"))) return;
    if (without.length > 0)
      throw new Failure(
        `--without ${without.join(" ")}: ${name} is on EC2, where hosts are removed with everything else: leave it out`,
      );
    const { openStack } = await import("../../engine/openStack.ts");
    const { engineDestroy } = await import("../../engine/engineDestroy.ts");
    const { refuseUnreached } = await import("./reach.ts");
    const config = configFile();
    const stack = await openStack(home, name, config);
    await refuseUnreached(String(Object(plainConfig(config).ec2).region ?? ""));
    console.error(`${name}: removing everything that it has made in AWS`);
    await engineDestroy(
      stack,
      `copy the data that you want to keep, set ec2.protect to false, npm run up -- ${name}, then npm run destroy -- ${name}`,
    );
  },
};
