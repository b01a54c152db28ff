import * as z from "zod";
import { openFiles, runtimeSocket } from "../paths.ts";
import type { HostOf } from "../roles/role.ts";
import type { Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";
import { haproxyUnit } from "./haproxy.ts";

/** The haproxy of a lab's `internet`, which serves the targets of egress checks. */

/** Ports of the targets. */
export const internetPorts = [80, 443, 8443] as const;
/** haproxy's map from a source address to the delay of its connections, ms. In memory only (`virt@`). */
export const delayMap = "virt@delays";

/** Connections at once of its haproxy. */
export const internetConnections = 8000;

/** Loopback ports behind the targets' own. */
const [tlsPort, plainPort] = [8444, 8080];

const dropInPath = `etc/systemd/system/${haproxyUnit}.d/hapair.conf`;
const config = template(
  "internet/etc/haproxy/haproxy.cfg",
  z.strictObject({
    host: z.string(),
    connections: z.int(),
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
const dropIn = template(`internet/${dropInPath}`, z.strictObject({ openFiles: z.int() }));

/** @throws Error without the stack's certificate; `LabInternet` makes it before this host is rendered. */
export function haproxyInternetFiles(
  { name: host, address, proxies }: HostOf<"internet">,
  { internet }: Secrets,
) {
  if (internet === undefined) throw new Error(`no certificate for ${host} among the secrets`);
  const text = config({
    host,
    connections: internetConnections,
    address,
    runtimeSocket,
    delayMap,
    ports: [...internetPorts],
    tlsPort,
    plainPort,
    warpAddresses: proxies.filter(({ warp }) => warp).map((proxy) => proxy.address),
  });
  return [
    file("etc/haproxy/haproxy.cfg", text),
    file("etc/haproxy/delay.lua", delay({})),
    file("etc/haproxy/tls.pem", `${internet.certificate}${internet.key}`, { mode: "0600" }),
    file(dropInPath, dropIn({ openFiles })),
  ];
}
