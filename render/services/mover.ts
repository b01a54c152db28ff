import * as z from "zod";
import { closeUnit } from "../../contract/agentConfig.ts";
import { MoverConfig, moverConfigPath } from "../../contract/moverConfig.ts";
import { isPublic } from "../../topology/ec2.ts";
import type { Node, Pair, Target, Vip } from "../../topology/topology.ts";
import { servedAddressOf } from "../../topology/topology.ts";
import type { AwsFacts, HostFacts } from "../hostFacts.ts";
import { closeSocket } from "../paths.ts";
import { file, template } from "../template.ts";

/** What a node of EC2 has beside that of other targets: AWS alone decides where the virtual address leads. */

const vipTemplate = "hapair-vip@.service";
/** Keeps the virtual address on loopback. Its name has the address, so that another address is another unit. */
const vipUnit = (address: string): string => vipTemplate.replace("@", `@${address}`);

const addressUnit = template(`etc/systemd/system/${vipTemplate}`, z.strictObject({}));
const sysctlPath = "etc/sysctl.d/61-hapair-vip.conf";
const sysctl = template(sysctlPath, z.strictObject({ interface: z.string() }));
const closeSocketUnit = template(
  `etc/systemd/system/${closeUnit}`,
  z.strictObject({ closeSocket: z.string() }),
);
const closeService = template(
  "etc/systemd/system/hapair-close@.service",
  z.strictObject({ address: z.string(), ports: z.array(z.int()).min(1) }),
);

/** In start order. */
export function moverUnits({ vip }: Pair): readonly string[] {
  if (vip.aws === undefined) return [];
  return [...(isOnLoopback(vip) ? [vipUnit(vip.address)] : []), closeUnit];
}

/** AWS translates a public address to the node's own, so that no node has it. */
function isOnLoopback({ aws }: Vip): boolean {
  return aws !== undefined && aws.mode !== "elastic-ip";
}

/** The mover's config, the unit that keeps the address, and the one that ends connections. */
export function moverFiles(
  target: Target,
  { pair, node, interface: device, aws: facts }: { readonly pair: Pair; readonly node: Node } & HostFacts,
) {
  const { vip } = pair;
  if (target.kind !== "ec2" || vip.aws === undefined || facts === undefined) return [];
  const config = { ...common(pair, node, target.region ?? ""), ...ofMode(pair, vip.aws, facts) };
  return [
    file(moverConfigPath, `${JSON.stringify(MoverConfig.parse(config), null, 2)}\n`),
    ...(isOnLoopback(vip)
      ? [
          file(`etc/systemd/system/${vipTemplate}`, addressUnit({})),
          file(sysctlPath, sysctl({ interface: device })),
        ]
      : []),
    file(`etc/systemd/system/${closeUnit}`, closeSocketUnit({ closeSocket })),
    file(
      "etc/systemd/system/hapair-close@.service",
      closeService({ address: servedAddressOf(pair, node), ports: clientPorts(pair) }),
    ),
  ];
}

function common(pair: Pair, node: Node, region: string) {
  return { address: pair.vip.address, privateAddress: node.address, region, closeSocket };
}

function ofMode(pair: Pair, { mode }: NonNullable<Vip["aws"]>, facts: AwsFacts) {
  const { interfaceId, allocationId, routeTableIds } = facts;
  if (mode === "route") return { mode, interfaceId, routeTableIds };
  return { mode, interfaceId, ...(isPublic(pair) && { allocationId }) };
}

/** Ports of the virtual address. */
function clientPorts({ haproxy, pool, egress, edge, routes }: Pair): number[] {
  return [
    ...(pool ? [haproxy.port] : []),
    ...(pool?.session ? [pool.session.port] : []),
    ...(egress?.groups ?? []).map(({ port }) => port),
    ...(edge ? [edge.port, edge.tls.port] : []),
    ...(routes ? [routes.port] : []),
    haproxy.statsPort,
  ];
}
