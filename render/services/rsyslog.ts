import * as z from "zod";
import type { Topology } from "../../topology/topology.ts";
import { file, template } from "../template.ts";

export const rsyslogUnit = "rsyslog.service";

const dropInPath = `etc/systemd/system/${rsyslogUnit}.d/hapair.conf`;
const forwarding = template(
  "etc/rsyslog.d/40-hapair.conf",
  z.strictObject({ address: z.string(), port: z.int(), protocol: z.string() }),
);
const dropIn = template(dropInPath, z.strictObject({}));

/** Forwarding to the log server, where the topology has one. */
export function rsyslogFiles({ syslog }: Topology) {
  if (syslog === undefined) return [];
  return [
    // Sorts before Debian's 49-haproxy.conf, which stops the processing of haproxy's lines.
    file("etc/rsyslog.d/40-hapair.conf", forwarding(syslog)),
    file(dropInPath, dropIn({})),
  ];
}
