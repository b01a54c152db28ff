import { messageOf } from "../../../../base/failure.ts";
import type { VagrantProvider } from "../../../../contract/vagrantMachines.ts";
import { libvirtTrouble } from "./libvirt.ts";
import { output } from "./output.ts";
import { moduleTrouble, vagrantVersionIn, versionProblems, virtualboxVersionIn } from "./versions.ts";

/**
 * Why Vagrant and the provider of this machine cannot make virtual machines, a sentence each. Changes nothing.
 * @param known Vagrant's version; it is asked where that is undefined
 */
export async function toolTroubles(
  provider: VagrantProvider,
  known: string | undefined,
): Promise<readonly string[]> {
  const [vagrant, rest] = await Promise.all([
    known === undefined ? asked("vagrant", vagrantVersionIn) : { found: known },
    provider === "virtualbox" ? asked("VBoxManage", (text) => text) : libvirtTrouble(),
  ]);
  const missing = "trouble" in vagrant ? [vagrant.trouble] : [];
  if (typeof rest === "string" || rest === undefined) return [...missing, ...(rest ? [rest] : [])];
  if ("trouble" in rest) return [...missing, rest.trouble];
  const module = moduleTrouble(rest.found);
  const virtualbox = virtualboxVersionIn(rest.found);
  return [
    ...missing,
    ...(module === undefined ? [] : [module]),
    ...("found" in vagrant && virtualbox !== undefined
      ? versionProblems({ vagrant: vagrant.found, virtualbox, architecture: process.arch })
      : []),
  ];
}

type Asked = { readonly found: string } | { readonly trouble: string };

async function asked(file: string, read: (text: string) => string | undefined): Promise<Asked> {
  try {
    const text = await output(file, ["--version"]);
    const found = read(text);
    if (found === undefined)
      return { trouble: `${file} --version says ${JSON.stringify(text.slice(0, 160))}: install it anew` };
    return { found };
  } catch (error) {
    return { trouble: messageOf(error) };
  }
}
