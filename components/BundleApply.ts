import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { HostDelivery } from "./HostDelivery.ts";
import { onHost } from "./HostDelivery.ts";
import type { Machine } from "./machines/machine.ts";

export interface BundleApplyArgs {
  readonly machine: Machine;
  readonly delivery: Pick<HostDelivery, "sha256" | "deliveryId">;
}

/**
 * The second pass of a roll-out on one node: applies the bundle that its delivery left waiting because the node held
 * the address. Where the first pass has applied it, this does nothing.
 */
export class BundleApply extends pulumi.ComponentResource {
  constructor(name: string, { machine, delivery }: BundleApplyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hapair:index:BundleApply", name, {}, opts);
    new remote.Command(
      `${name}-apply`,
      {
        connection: machine.connection,
        addPreviousOutputInEnv: false,
        create: delivery.sha256.apply((sha256) => onHost("hapair", "apply", sha256)),
        // A roll-out that failed half-way leaves no trace of its bundles in the state: an earlier bundle that is sent
        // again after it has to be applied again.
        triggers: [delivery.deliveryId],
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
