import * as pulumi from "@pulumi/pulumi";
import { hostPackages } from "../../../render/roles/roles.ts";
import { internetOf } from "../../../topology/labInternet.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import { machineNamed, type TargetMachines } from "../machine.ts";
import { LabInternet } from "./LabInternet.ts";
import { LabMachines } from "./LabMachines.ts";

/** A lab's machines; where it has `internet`, its certificate is the authority of the egress checks. */
export function labTarget(target: Target<"lab">, topology: Topology): TargetMachines {
  const { machines, reach } = new LabMachines(target.name, { target, topology, packages: hostPackages });
  return {
    machines,
    reach,
    deliverHosts: (program, rollOut) => {
      const [host] = internetOf(target, topology.pairs);
      if (host === undefined) return { deliveries: [], outputs: {} };
      const machine = machineNamed(machines, host.name);
      const { delivery, certificate } = new LabInternet(host.name, {
        topology,
        host,
        machine,
        program,
        rollOut,
      });
      const egressAuthority = certificate.apply(({ certificate }) => certificate);
      return {
        deliveries: [delivery],
        egressAuthority,
        outputs: {
          internet: {
            address: host.address,
            certificate: pulumi.unsecret(egressAuthority),
            bundle: delivery.sha256,
          },
        },
      };
    },
  };
}
