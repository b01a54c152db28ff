import * as z from "zod";
import type { LabProxy } from "../../topology/labInternet.ts";
import type { Topology } from "../../topology/topology.ts";
import type { KnownHost } from "../hostFacts.ts";
import type { HostOf } from "../roles/role.ts";
import { file, template } from "../template.ts";

/** The egress proxies of a lab's `internet`: each is a microsocks in a network namespace with an address of its own. */

/** The host's own interface towards these namespaces. */
export const exitsInterface = "exits0";

const folder = "etc/systemd/system";
const wireUnit = template(
  `internet/${folder}/egress-wire.service`,
  z.strictObject({
    interface: z.string(),
    wire: z.string(),
    link: z.string(),
    address: z.string(),
    exits: z.array(z.string()),
  }),
);
const namespaceUnit = template(
  `internet/${folder}/egress-namespace@.service`,
  z.strictObject({ interface: z.string() }),
);
const namespaceDropIn = template(
  `internet/${folder}/egress-namespace@.service.d.conf`,
  z.strictObject({ name: z.string(), address: z.string(), link: z.string() }),
);
const proxyUnit = template(`internet/${folder}/egress@.service`, z.strictObject({}));
const proxyDropIn = template(
  `internet/${folder}/egress@.service.d.conf`,
  z.strictObject({ name: z.string(), address: z.string(), port: z.int() }),
);

/** In start order: the namespaces come before the proxies that run in them. */
export function microsocksUnits(proxies: readonly LabProxy[]): readonly string[] {
  return [
    "egress-wire.service",
    ...proxies.map(({ name }) => `egress-namespace@${name}.service`),
    ...proxies.map(({ name }) => `egress@${name}.service`),
  ];
}

/** The units, and a drop-in for each instance with its address. */
export function microsocksFiles(
  { network }: Topology,
  { address, proxies, interface: device }: KnownHost<HostOf<"internet">>,
) {
  const { prefixLength } = network;
  const wire = wireUnit({
    interface: device,
    wire: exitsInterface,
    link: linkAddress("02:01", address),
    address,
    exits: proxies.map((proxy) => proxy.address),
  });
  return [
    file(`${folder}/egress-wire.service`, wire),
    file(`${folder}/egress-namespace@.service`, namespaceUnit({ interface: device })),
    file(`${folder}/egress@.service`, proxyUnit({})),
    ...proxies.flatMap(({ name, address, port }) => {
      const link = linkAddress("02:00", address);
      const namespace = namespaceDropIn({ name, address: `${address}/${prefixLength}`, link });
      return [
        file(`${folder}/egress-namespace@${name}.service.d/hapair.conf`, namespace),
        file(`${folder}/egress@${name}.service.d/hapair.conf`, proxyDropIn({ name, address, port })),
      ];
    }),
  ];
}

/** A MAC address derived from an IPv4 address: the neighbours' ARP entries stay valid when the interface is recreated. */
function linkAddress(prefix: string, address: string): string {
  const bytes = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return [prefix, ...bytes].join(":");
}
