import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { VpcDropped, type VpcRule, type VpcSpec } from "../../../contract/vpc.ts";
import { bridge, bridgePort } from "../../paths.ts";
import type { Fabric } from "../account.ts";
import { learnNeighbour } from "./neighbour.ts";
import { watchPorts } from "./ports.ts";
import { counters, metadataAddress, ownership, rules, ruleset, table } from "./ruleset.ts";
import { openTool } from "./tool.ts";

/**
 * The VPC's subnet in this process's network namespace. Each machine's port leaves the bridge and becomes a cable of its
 * own to a router, which answers every ARP request itself: as in AWS, no packet goes to another place than the tables
 * here say, whatever the machines claim.
 */
export interface OpenFabric extends Fabric {
  /** The security groups' rules in the place of the earlier ones. */
  setRules(all: readonly VpcRule[]): void;
  attached(): readonly string[];
  dropped(): VpcDropped;
  stop(): void;
}

/** The bridge's own hardware address: what machines know of the application server stays true. */
const hardwareAddress = "02:00:00:00:00:0a";

export function openFabric(spec: VpcSpec, onProblem: (text: string) => void): OpenFabric {
  setUp(spec);
  const nft = openTool(["nft", "-i"], onProblem);
  const openIp = () => openTool(["ip", "-force", "-batch", "-"], onProblem);
  let ip = openIp();
  const attached = new Set<string>();
  const translated = new Set<string>();
  /** Machine of each address that is not its machine's own. */
  const places = new Map<string, string>();
  const machineAt = new Map(spec.interfaces.map((one) => [bridgePort(one.machine), one]));
  const addressOf = (machine: string) => machineAt.get(bridgePort(machine))?.address ?? "";

  const route = (address: string, machine: string) => {
    places.set(address, machine);
    // Routes of a machine that is down come with its port.
    if (attached.has(machine))
      ip.run(
        `route replace ${address}/32 via ${addressOf(machine)} dev ${bridgePort(machine)} onlink src ${spec.app}`,
      );
  };

  const attach = (port: string) => {
    const own = machineAt.get(port);
    if (own === undefined) return;
    // Whoever plugs it in may do so in several steps, and put it back on the bridge.
    ip.run(`link set ${port} nomaster address ${hardwareAddress}`);
    if (attached.has(own.machine)) return;
    attached.add(own.machine);
    for (const [key, value] of Object.entries({ proxy_arp: 1, proxy_arp_pvlan: 1, rp_filter: 0 }))
      setKey(`conf/${port}/${key}`, value, onProblem);
    setKey(`neigh/${port}/proxy_delay`, 0, onProblem);
    ip.run(`address replace ${spec.router}/32 dev ${port}`);
    ip.run(`route replace ${own.address}/32 dev ${port} src ${spec.app}`);
    for (const [address, machine] of places) if (machine === own.machine) route(address, machine);
    // A machine that boots has its power and its cables again. An element that is absent cannot be deleted.
    const others = [...machineAt.keys()].filter((other) => other !== port);
    const healed = [
      `cut { "${port}" }`,
      ...others.map((other) => `parted { "${port}" . "${other}", "${other}" . "${port}" }`),
    ];
    for (const element of healed)
      nft.run(`add element ${table} ${element}; delete element ${table} ${element}`);
    learnNeighbour(port, own.address, (command) => {
      if (attached.has(own.machine)) ip.run(command);
    });
  };

  const detach = (port: string) => {
    const own = machineAt.get(port);
    if (own === undefined) return;
    attached.delete(own.machine);
    // It remembers the numbers of devices by their names, and the next port of this name has another number.
    ip.stop();
    ip = openIp();
  };

  const ports = watchPorts(attach, detach);
  return {
    assign: (address, machine) => {
      const from = places.get(address);
      const gone =
        from === undefined ? "" : `delete element ${table} owned { ${ownership(from, address)} }; `;
      nft.run(`${gone}add element ${table} owned { ${ownership(machine, address)} }`);
      route(address, machine);
    },
    translate: (address, privateAddress) => {
      const gone = translated.has(address) ? `delete element ${table} elastic { ${address} }; ` : "";
      translated.add(address);
      nft.run(`${gone}add element ${table} elastic { ${address} : ${privateAddress} }`);
    },
    route,
    // All at once: a group without rules would let everything through meanwhile.
    setRules: (all) => void must(["nft", "-f", "-"], rules(spec, all)),
    attached: () => [...attached].sort(),
    dropped: droppedPackets,
    stop: () => {
      ports.stop();
      nft.stop();
      ip.stop();
    },
  };
}

function setUp(spec: VpcSpec): void {
  for (const [key, value] of Object.entries({
    ip_forward: 1,
    "conf/all/rp_filter": 0,
    "conf/default/rp_filter": 0,
    "conf/all/send_redirects": 0,
    "conf/default/send_redirects": 0,
  }))
    setKey(key, value);
  const commands = [
    `address replace ${metadataAddress}/32 dev lo`,
    `address replace ${spec.router}/32 dev ${bridge}`,
    `address replace ${spec.endpoint.address}/32 dev ${bridge}`,
    // Clients find a route before the address is translated.
    ...spec.elasticIps.map(({ address }) => `route replace ${address}/32 dev ${bridge} src ${spec.app}`),
  ];
  must(["ip", "-batch", "-"], `${commands.join("\n")}\n`);
  must(["nft", "-f", "-"], `add table ${table}\ndelete table ${table}\n${ruleset(spec)}`);
}

/** Sets a key of this namespace below /proc/sys/net/ipv4. */
function setKey(key: string, value: number, onProblem?: (text: string) => void): void {
  try {
    writeFileSync(`/proc/sys/net/ipv4/${key}`, String(value));
  } catch (error) {
    if (onProblem === undefined) throw error;
    onProblem(String(error));
  }
}

function must([file = "", ...args]: readonly string[], input = ""): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { input, encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${file} ${args.join(" ")}: ${error?.message ?? stderr}`);
}

function droppedPackets(): VpcDropped {
  const text = must(["nft", "list", "counters", "table", ...table.split(" ")]);
  const count = (name: string) =>
    Number(new RegExp(`counter ${name} \\{\\s*packets (\\d+)`).exec(text)?.[1] ?? Number.NaN);
  return VpcDropped.parse(Object.fromEntries(counters.map((name) => [name, count(name)])));
}
