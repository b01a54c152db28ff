import * as z from "zod";
import type { Host } from "../../topology/hosts.ts";
import type { Topology } from "../../topology/topology.ts";
import { exitsInterface, internetPorts } from "../paths.ts";
import { file, template } from "../template.ts";

const Rule = z.strictObject({
  interface: z.string(),
  protocol: z.enum(["tcp", "vrrp"]),
  /** 0: the protocol has no ports. */
  port: z.int(),
  from: z.string(),
  to: z.string(),
});
type Rule = z.infer<typeof Rule>;

const userRules = template("etc/ufw/user.rules", z.strictObject({ rules: z.array(Rule) }));
const ufw = template("etc/ufw/ufw.conf", z.strictObject({}));
const userRules6 = template("etc/ufw/user6.rules", z.strictObject({}));
const sysctl = template("etc/ufw/sysctl.conf", z.strictObject({}));

/** What may come in, in ufw's own files: everything else is dropped by its default policy. */
export function firewallFiles(topology: Topology, host: Host) {
  return [
    file("etc/ufw/ufw.conf", ufw({})),
    file("etc/ufw/user.rules", userRules({ rules: rulesOf(topology, host) }), { mode: "0640" }),
    file("etc/ufw/user6.rules", userRules6({}), { mode: "0640" }),
    file("etc/ufw/sysctl.conf", sysctl({})),
  ];
}

function rulesOf({ firewall, network }: Topology, host: Host): Rule[] {
  const device = { interface: network.interface };
  const tcp = (port: number, to: string, sources: readonly string[], on = device): Rule[] =>
    sources.map((from) => ({ ...on, protocol: "tcp", port, from, to }));
  const ssh = tcp(22, host.address, firewall.ssh);
  if (host.role === "pool") {
    const { ports, directClients, postgres } = host.pool;
    const nodes = host.pair.nodes.map((node) => node.address);
    return [
      ...ssh,
      ...ports.flatMap((port) => tcp(port, host.address, [...nodes, ...directClients])),
      ...tcp(postgres.port, host.address, directClients),
    ];
  }
  if (host.role === "internet") {
    const exits = host.proxies.map(({ address }) => address);
    return [
      ...ssh,
      ...internetPorts.flatMap((port) => [
        ...tcp(port, host.address, firewall.clients),
        // In namespaces of this very machine: their way to it is another.
        ...tcp(port, host.address, exits, { interface: exitsInterface }),
      ]),
    ];
  }
  const { vip, haproxy, nodes, egress } = host.pair;
  const peers = nodes.filter((node) => node.name !== host.name).map((peer) => peer.address);
  return [
    ...ssh,
    ...tcp(haproxy.port, vip.address, firewall.clients),
    ...[vip.address, host.address].flatMap((to) => tcp(haproxy.statsPort, to, firewall.monitoring)),
    ...(egress?.groups ?? []).flatMap(({ port }) => tcp(port, vip.address, firewall.clients)),
    // A peer asks whether egress works here before it gives the virtual address up.
    ...(egress ? tcp(egress.metricsPort, host.address, [...firewall.monitoring, ...peers]) : []),
    ...peers.map((from): Rule => ({ ...device, protocol: "vrrp", port: 0, from, to: host.address })),
  ];
}
