import * as z from "zod";
import type { Host } from "../../topology/hosts.ts";
import type { LabProxy } from "../../topology/labInternet.ts";
import type { Topology } from "../../topology/topology.ts";
import { delayMap, exitsInterface, internetPorts, openFiles, runtimeSocket } from "../paths.ts";
import type { Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";

/**
 * The machine that plays the internet of a lab: haproxy serves the targets, and each egress proxy is a microsocks in
 * a network namespace with its own address on the lab's network.
 */

const units = "etc/systemd/system";

const haproxy = template(
  "internet/etc/haproxy/haproxy.cfg",
  z.strictObject({
    host: z.string(),
    address: z.string(),
    runtimeSocket: z.string(),
    delayMap: z.string(),
    ports: z.array(z.int()),
    tlsPort: z.int(),
    plainPort: z.int(),
    warpAddresses: z.array(z.string()),
  }),
);
const delay = template("internet/etc/haproxy/delay.lua", z.strictObject({}));
const haproxyLimits = template(
  `internet/${units}/haproxy.service.d/hapair.conf`,
  z.strictObject({ openFiles: z.int() }),
);
const wireUnit = template(
  `internet/${units}/egress-wire.service`,
  z.strictObject({
    interface: z.string(),
    wire: z.string(),
    link: z.string(),
    address: z.string(),
    exits: z.array(z.string()),
  }),
);
const namespaceUnit = template(
  `internet/${units}/egress-namespace@.service`,
  z.strictObject({ interface: z.string() }),
);
const namespaceSettings = template(
  `internet/${units}/egress-namespace@.service.d.conf`,
  z.strictObject({ name: z.string(), address: z.string(), link: z.string() }),
);
const proxyUnit = template(`internet/${units}/egress@.service`, z.strictObject({}));
const proxySettings = template(
  `internet/${units}/egress@.service.d.conf`,
  z.strictObject({ name: z.string(), address: z.string(), port: z.int() }),
);

/** @throws Error without the stack's certificate: whoever delivers this host has made one. */
export function internetFiles(
  { network }: Topology,
  { name: host, address, proxies }: Extract<Host, { role: "internet" }>,
  { internet }: Secrets,
) {
  if (internet === undefined) throw new Error(`${host} has no certificate`);
  const { interface: device, prefixLength } = network;
  return [
    file(
      "etc/haproxy/haproxy.cfg",
      haproxy({
        host,
        address,
        runtimeSocket,
        delayMap,
        ports: [...internetPorts],
        tlsPort: 8444,
        plainPort: 8080,
        warpAddresses: proxies.filter(({ warp }) => warp).map((proxy) => proxy.address),
      }),
    ),
    file(`${units}/haproxy.service.d/hapair.conf`, haproxyLimits({ openFiles })),
    file("etc/haproxy/delay.lua", delay({})),
    file("etc/haproxy/tls.pem", `${internet.certificate}${internet.key}`, { mode: "0600" }),
    file(
      `${units}/egress-wire.service`,
      wireUnit({
        interface: device,
        wire: exitsInterface,
        link: linkAddress("02:01", address),
        address,
        exits: proxies.map((proxy) => proxy.address),
      }),
    ),
    file(`${units}/egress-namespace@.service`, namespaceUnit({ interface: device })),
    file(`${units}/egress@.service`, proxyUnit({})),
    ...proxies.flatMap(({ name, address, port }) => [
      file(
        `${units}/egress-namespace@${name}.service.d/hapair.conf`,
        namespaceSettings({
          name,
          address: `${address}/${prefixLength}`,
          link: linkAddress("02:00", address),
        }),
      ),
      file(`${units}/egress@${name}.service.d/hapair.conf`, proxySettings({ name, address, port })),
    ]),
  ];
}

/** The namespaces before the proxies in them. */
export function internetUnits(proxies: readonly LabProxy[]): string[] {
  return [
    "egress-wire.service",
    ...proxies.map(({ name }) => `egress-namespace@${name}.service`),
    ...proxies.map(({ name }) => `egress@${name}.service`),
  ];
}

/** A hardware address that goes with the IPv4 address: neighbours stay right when an interface is made anew. */
function linkAddress(prefix: string, address: string): string {
  const bytes = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return [prefix, ...bytes].join(":");
}
