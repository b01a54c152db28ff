import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { renderShown } from "../../render/bundle.ts";
import { renderShownLaptop } from "../../render/laptop.ts";
import { hostsOf, laptopOf } from "../../topology/hosts.ts";
import { topologyOf } from "../config/checkedConfig.ts";
import { shippedStack } from "../config/stackConfig.ts";

export function addRender(program: Command): void {
  program
    .command("render")
    .description(
      "write the files of every host of a stack to a folder, with [secret] in place of each secret",
    )
    .argument("[stack]", "name of the stack", shippedStack)
    .option("--out <folder>", "where to; default dist/render/<stack>")
    .option("--json", "print the files as JSON and write nothing")
    .action((stackName: string, { out, json }: { out?: string; json?: boolean }) => {
      const topology = topologyOf(stackName);
      const hosts = [
        ...hostsOf(topology).map((host) => [host.name, renderShown(topology, host)] as const),
        ...topology.pairs
          .flatMap((pair) => laptopOf(pair) ?? [])
          .map((laptop) => [laptop.name, renderShownLaptop(topology, laptop)] as const),
      ];
      if (json) {
        console.log(JSON.stringify(Object.fromEntries(hosts)));
        return;
      }
      const folder = out ?? join("dist", "render", stackName);
      for (const [host, files] of hosts) {
        rmSync(join(folder, host), { recursive: true, force: true });
        for (const [path, text] of Object.entries(files)) {
          const target = join(folder, host, path);
          mkdirSync(dirname(target), { recursive: true });
          writeFileSync(target, text);
        }
        console.log(`${join(folder, host)}: ${Object.keys(files).length} files`);
      }
    });
}
