import type { BundleFile } from "../../contract/bundle.ts";
import type { Topology } from "../../topology/topology.ts";
import type { KnownHost } from "../hostFacts.ts";
import type { Secrets } from "../secrets.ts";
import { agentConfigFile } from "../services/hapair.ts";
import { networkdFiles } from "../services/networkd.ts";
import { rsyslogFiles, rsyslogUnit } from "../services/rsyslog.ts";
import { sysctlFiles } from "../services/sysctl.ts";
import { tcpRules, ufwFiles, ufwUnit } from "../services/ufw.ts";
import type { Role } from "./role.ts";

/** What a host has whatever its role; where a file depends on the role, the role's declaration fills it. */
export const everyHost = {
  /** `nodejs` runs the agent, `procps` has sysctl(8), `iptables` checks and loads ufw's rules. */
  packages: ["iptables", "nodejs", "procps", "rsyslog", "ufw"],
  units: [rsyslogUnit, ufwUnit],
  files(topology: Topology, host: KnownHost, secrets: Secrets, role: Role): readonly BundleFile[] {
    const { firewall, network } = topology;
    const login = host.login ?? { interface: host.interface, address: host.address, port: 22 };
    const logins = tcpRules(login.interface, login.port, login.address, firewall.ssh);
    // The interface's name differs between machines, its address does not leave that network.
    const management = network.management.flatMap((cidr) => tcpRules(undefined, 22, cidr, [cidr]));
    return [
      ...rsyslogFiles(topology),
      ...ufwFiles([...logins, ...management, ...role.openPorts(topology, host)], role.connections(host)),
      ...sysctlFiles(host.interface, role.bindsVirtualAddress),
      ...networkdFiles(host.networkFile),
      agentConfigFile({ host: host.name, ...role.agentConfig(host, secrets) }),
    ];
  },
} as const;
