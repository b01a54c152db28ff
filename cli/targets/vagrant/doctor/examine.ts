import { messageOf } from "../../../../base/failure.ts";
import { vagrantFolder } from "../../../../base/vagrantFiles.ts";
import { vagrantSpec } from "../../../../components/machines/vagrant/vagrantSpec.ts";
import { hostsOf } from "../../../../topology/hosts.ts";
import { subnet } from "../../../../topology/ip.ts";
import type { Target, Topology } from "../../../../topology/topology.ts";
import { knownMachines } from "../../../../vagrant/known.ts";
import { machineStates } from "../../../../vagrant/status.ts";
import { type Finding, later, unknown, wrong } from "../../../doctor/finding.ts";
import { announceIfSlow } from "../../../session/output.ts";
import type { Adapter } from "../bridge/adapter.ts";
import { examineLaptop } from "../laptop.ts";
import { machinesOf } from "../machinesFile.ts";
import { pluginTrouble } from "../tools/plugin.ts";
import { addressesOf, addressFindings } from "./addressFindings.ts";
import { boxFindings } from "./boxFindings.ts";
import { boxLook } from "./boxLook.ts";
import { hypervisorFindings } from "./hypervisorFindings.ts";
import { askNeighbours } from "./neighbours.ts";
import { devicesOn, networkFindings, type OwnAddress } from "./networkFindings.ts";
import { pathFindings } from "./pathFindings.ts";
import { roomFindings } from "./roomFindings.ts";
import { hypervisorLook, ownAddresses, roomLook, vagrantHome } from "./thisMachine.ts";

/** Looks at this machine and its network as the place of a stack's virtual machines. */
export async function examineVagrant(
  target: Target<"vagrant">,
  topology: Topology,
  stack: string,
): Promise<readonly Finding[]> {
  const { provider } = target;
  const [found, plugin, hypervisor, room, own, { addresses = [], noAddresses }] = await announceIfSlow(
    "looking at Vagrant and its provider",
    Promise.all([
      machinesOf(stack, target, topology),
      provider === "libvirt" ? pluginTrouble() : undefined,
      hypervisorLook(provider),
      roomLook(provider),
      ownMachines(provider),
      addressesHere(),
    ]),
  );
  const { box, bridge } = found;
  const seen = box && (await boxLook(box, provider, vagrantHome()));
  const devices = devicesOn(topology.network.cidr, addresses, bridge?.name);
  const answers = await askNeighbours(addressesToAsk(topology, addresses, own), devices);
  const { machines } = vagrantSpec(target, topology);
  // Without Vagrant nothing of it answers, for one reason.
  const troubles = new Set([...found.troubles, ...[plugin, noAddresses].flatMap((trouble) => trouble ?? [])]);
  return [
    ...[...troubles].map(wrong),
    ...own.findings,
    ...(bridge === undefined ? [] : wirelessFindings(bridge)),
    ...pathFindings(vagrantFolder, process.env),
    ...hypervisorFindings(provider, hypervisor, bridge?.name),
    ...(bridge === undefined || noAddresses !== undefined
      ? []
      : networkFindings(topology, addresses, bridge.name, answers)),
    ...addressFindings(topology, answers, own.running),
    ...roomFindings(machines, { ...own, hasBox: seen?.isStored ?? false }, room),
    ...(box && seen ? boxFindings(box, seen) : []),
    ...(await examineLaptop(stack, topology)),
  ];
}

interface AddressesHere {
  readonly addresses?: readonly OwnAddress[];
  /** Why nobody knows them. */
  readonly noAddresses?: string;
}

async function addressesHere(): Promise<AddressesHere> {
  return ownAddresses().then(
    (addresses) => ({ addresses }),
    (error: unknown) => ({ noAddresses: messageOf(error) }),
  );
}

function wirelessFindings({ name, wireless }: Adapter): readonly Finding[] {
  if (!wireless) return [];
  return [
    later(
      `${name} is Wi-Fi: whether its access point lets other machines through it shows the roll-out, which tries each machine's address (docs/vagrant.md#wi-fi)`,
    ),
  ];
}

interface OwnMachines {
  readonly known: ReadonlySet<string>;
  readonly running: ReadonlySet<string>;
  /** Names of those of which nobody says whether they run. */
  readonly unclear: ReadonlySet<string>;
  readonly findings: readonly Finding[];
}

/** The machines that Vagrant has made in this clone. */
async function ownMachines(provider: Target<"vagrant">["provider"]): Promise<OwnMachines> {
  const names = knownMachines().flatMap((machine) => (machine.provider === provider ? machine.name : []));
  const known = new Set(names);
  if (names.length === 0) return { known, running: known, unclear: known, findings: [] };
  try {
    const states = await machineStates();
    const running = new Set(names.filter((name) => states[name] === "running"));
    return { known, running, unclear: new Set(), findings: [] };
  } catch (error) {
    const findings = [unknown(`which of ${names.join(", ")} run is not known: ${messageOf(error)}`)];
    return { known, running: new Set(), unclear: known, findings };
  }
}

/** None from another network, and not those that a machine may have of which nobody knows whether it runs. */
function addressesToAsk(
  topology: Topology,
  own: readonly OwnAddress[],
  { unclear }: OwnMachines,
): readonly string[] {
  const network = subnet(topology.network.cidr);
  if (!own.some(({ address }) => network?.contains(address))) return [];
  const skipped = [
    ...hostsOf(topology).filter(({ name }) => unclear.has(name)),
    ...topology.pairs
      .filter(({ nodes }) => nodes.some(({ name }) => unclear.has(name)))
      .map(({ vip }) => vip),
  ].map(({ address }) => address);
  return addressesOf(topology).filter((address) => !skipped.includes(address));
}
