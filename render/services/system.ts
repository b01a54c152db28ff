import * as z from "zod";
import type { Host } from "../../topology/hosts.ts";
import type { Topology } from "../../topology/topology.ts";
import { file, template } from "../template.ts";

const sysctl = template(
  "etc/sysctl.d/60-hapair.conf",
  z.strictObject({ node: z.boolean(), interface: z.string() }),
);
const rsyslog = template(
  "etc/rsyslog.d/40-hapair.conf",
  z.strictObject({ address: z.string(), port: z.int(), protocol: z.string() }),
);
const rsyslogUnit = template("etc/systemd/system/rsyslog.service.d/hapair.conf", z.strictObject({}));

/** Kernel settings, and where the logs go besides this host. */
export function systemFiles({ syslog, network }: Topology, host: Host) {
  return [
    file("etc/sysctl.d/60-hapair.conf", sysctl({ node: host.role === "node", interface: network.interface })),
    // Before Debian's 49-haproxy.conf, which ends the way of haproxy's lines.
    ...(syslog
      ? [
          file("etc/rsyslog.d/40-hapair.conf", rsyslog(syslog)),
          file("etc/systemd/system/rsyslog.service.d/hapair.conf", rsyslogUnit({})),
        ]
      : []),
  ];
}
