import type { VagrantProvider } from "../../../contract/vagrantMachines.ts";
import type { KnownMachine } from "../../../vagrant/known.ts";

/**
 * Why a stack cannot have its machines beside those that Vagrant has in this clone, a sentence each. Pure.
 * @param owner the stack whose machines those are, as far as that is known
 */
export function otherMachines(
  { stack, provider }: { readonly stack: string; readonly provider: VagrantProvider },
  owner: string | undefined,
  known: readonly KnownMachine[],
): readonly string[] {
  if (known.length === 0) return [];
  const names = known.map(({ name }) => name).join(", ");
  if (owner !== undefined && owner !== stack)
    return [
      `vagrant/ has the machines of the stack ${owner} (${names}), and has room for one stack: npm run destroy -- ${owner} removes them, or use another clone`,
    ];
  const others = known.filter((machine) => machine.provider !== provider);
  if (others.length === 0) return [];
  const from = [...new Set(others.map((machine) => machine.provider))].join(", ");
  return [
    `vagrant.provider: is ${provider}, and ${others.map(({ name }) => name).join(", ")} ${others.length === 1 ? "is a machine" : "are machines"} of ${from}: set that key back, or remove them with npm run destroy -- ${stack} first`,
  ];
}
