import * as pulumi from "@pulumi/pulumi";
import type { Ec2Transform } from "../../../components/machines/ec2/kinds.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { made, seen } from "./ec2Mocks.ts";

/** Declares what the target makes. Components read the runtime's settings when they load, so they are imported after the mocks are set. */
export async function declare(config: unknown, transform?: Ec2Transform) {
  const topology = parseTopology(config);
  const { target } = topology;
  if (target.kind !== "ec2") throw new Error("the example's target is ec2");
  const { accountOf } = await import("../../../components/machines/ec2/account/account.ts");
  const { Ec2Machines } = await import("../../../components/machines/ec2/Ec2Machines.ts");
  const account = await accountOf(target, topology, {});
  try {
    return new Ec2Machines("ec2", { target, topology, account, transform }, { transformations: [seen] });
  } finally {
    // What was declared before an error is awaited too.
    await pulumi.runtime.disconnect();
  }
}

/** What was made of this kind, such as `Instance`. */
export const ofType = (kind: string) => made.filter(({ type }) => type.split(":").at(-1) === kind);
