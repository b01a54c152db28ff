import type { Command } from "commander";
import { Failure } from "../../base/failure.ts";
import { machinesFile } from "../../base/vagrantFiles.ts";
import { topologyOf } from "../config/checkedConfig.ts";
import { writeMachines } from "../targets/vagrant/machinesFile.ts";

export function addVagrant(program: Command): void {
  program
    .command("vagrant")
    .description(
      "write what Vagrant reads of a stack, vagrant/machines.json; plain vagrant up does it by itself",
    )
    .argument("[stack]", "name of the stack", "vagrant")
    .option("--vagrant <version>", "Vagrant's version, as Vagrant itself gives it: it is not asked then")
    .action(async (stack: string, { vagrant: version }: { vagrant?: string }) => {
      const topology = topologyOf(stack);
      const { target } = topology;
      if (target.kind !== "vagrant")
        throw new Failure(
          `vagrant is for the target vagrant, and the target of the stack ${stack} is ${target.kind}`,
        );
      await writeMachines(stack, target, topology, version);
      if (version === undefined) console.log(machinesFile);
    });
}
