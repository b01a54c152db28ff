import { laptopName } from "../../contract/laptop.ts";
import type { Problem } from "../problem.ts";
import { type Config, ofPairHosts, pairs } from "./draft.ts";
import type { TargetRules } from "./rule.ts";

/** Rules of virtual machines that Vagrant makes. */
export const vagrant: TargetRules = {
  rules: [namesOfMachines, versionOfBox],
  // The pool's name there, beside those of the machines; its address is among `addresses`.
  hosts: (config) =>
    pairs(config)
      .filter(({ pair }) => pair.pool?.on === "laptop")
      .map(({ path }) => ({
        name: { value: laptopName, path: [...path, "pool", "on"] },
        address: { value: undefined, path: ["vagrant", "laptop"] },
      })),
  addresses: ({ vagrant }) => [
    {
      value: vagrant?.laptop,
      path: ["vagrant", "laptop"],
      remedy:
        "set it to this machine's own address there (ip -4 address), or remove the key if no pool is on the laptop",
    },
  ],
  loopbackPorts: () => [],
};

function* namesOfMachines(config: Config): Iterable<Problem> {
  const names = ofPairHosts(config, "name").map(({ value }) => value);
  for (const name of Object.keys(config.vagrant?.machines ?? {}))
    if (!names.includes(name))
      yield {
        path: ["vagrant", "machines", name],
        message: `no host has this name: it is one of ${names.filter((known) => known !== undefined).join(", ")}, or remove the entry`,
      };
}

/** Vagrant refuses them together (its error BoxAddDirectVersion). */
function* versionOfBox({ vagrant }: Config): Iterable<Problem> {
  if (vagrant?.box?.file !== undefined && vagrant.box.version !== undefined)
    yield {
      path: ["vagrant", "box", "version"],
      message:
        "belongs to a box of the catalogue, and vagrant.box.file names a box file: remove one of the two",
    };
}
