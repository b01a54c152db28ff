import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { applyTimeoutS } from "./HostDelivery.ts";
import type { Machine } from "./machines/machine.ts";

export interface BundleApplyArgs {
  readonly machine: Machine;
  readonly sha256: pulumi.Output<string>;
}

/**
 * The second pass of a roll-out on one node: applies the bundle that its delivery left waiting because the node held
 * the address. Where the first pass applied it, this finds nothing to do.
 */
export class BundleApply extends pulumi.ComponentResource {
  constructor(name: string, { machine, sha256 }: BundleApplyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hapair:index:BundleApply", name, {}, opts);
    new remote.Command(
      `${name}-apply`,
      {
        connection: machine.connection,
        addPreviousOutputInEnv: false,
        create: pulumi.interpolate`sudo timeout ${applyTimeoutS} hapair apply ${sha256}`,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
