import type { Problem } from "../problem.ts";
import { type Config, ofPairHosts } from "./draft.ts";
import { type TargetRules, twice } from "./rule.ts";

/** Rules of machines that exist already: each host has one login with a known key, and no two hosts share one. */
export const existingHosts: TargetRules = {
  rules: [namesOfHosts, knownKeys, ownLogins],
  hosts: () => [],
  addresses: () => [],
  loopbackPorts: () => [],
};

function* namesOfHosts(config: Config): Iterable<Problem> {
  const names = ofPairHosts(config, "name").map(({ value }) => value);
  for (const name of Object.keys(config.hosts?.machines ?? {}))
    if (!names.includes(name))
      yield {
        path: ["hosts", "machines", name],
        message: `no host has this name: it is one of ${names.filter((known) => known !== undefined).join(", ")}, or remove the entry`,
      };
}

function* knownKeys(config: Config): Iterable<Problem> {
  const { knownHosts, machines, bastion } = config.hosts ?? {};
  if (knownHosts !== undefined) return;
  const remedy = "is missing: npm run hostkeys prints it, or set hosts.knownHosts to a file that has it";
  if (bastion !== undefined && !("hostKey" in bastion))
    yield { path: ["hosts", "bastion", "hostKey"], message: remedy };
  for (const { value: name } of ofPairHosts(config, "name")) {
    if (name === undefined || machines === undefined) continue;
    // What the schema has reported is there, without a value.
    const entry = name in machines ? machines[name] : {};
    if (entry !== undefined && !("hostKey" in entry))
      yield { path: ["hosts", "machines", name, "hostKey"], message: remedy };
  }
}

/** Two hosts at one address and port would be one machine. */
function ownLogins(config: Config): Iterable<Problem> {
  const { machines, port } = config.hosts ?? {};
  const addresses = ofPairHosts(config, "address");
  const logins = ofPairHosts(config, "name").map(({ value: name }, index) => {
    const entry = name === undefined ? undefined : machines?.[name];
    const address = entry?.address ?? addresses[index]?.value;
    return {
      value: name && address && `${address}:${entry?.port ?? port ?? 22}`,
      path: ["hosts", "machines", name ?? "", "address"],
    };
  });
  return twice(logins, "is reached there already: two hosts cannot be one machine");
}
