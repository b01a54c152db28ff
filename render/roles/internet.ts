import { haproxyUnit } from "../services/haproxy.ts";
import { haproxyInternetFiles, internetConnections, internetPorts } from "../services/haproxyInternet.ts";
import { exitsInterface, microsocksFiles, microsocksUnits } from "../services/microsocks.ts";
import { tcpRules } from "../services/ufw.ts";
import type { HostOf, Role } from "./role.ts";

/** The machine that plays the internet of a lab: the targets of egress checks, and the egress proxies. */
export const internet: Role<HostOf<"internet">> = {
  packages: ["haproxy", "microsocks"],
  bindsVirtualAddress: false,

  units: ({ proxies }) => ({ enabled: [haproxyUnit, ...microsocksUnits(proxies)], disabled: [] }),

  files: (topology, host, secrets) => [
    ...haproxyInternetFiles(host, secrets),
    ...microsocksFiles(topology, host),
  ],

  connections: () => internetConnections,

  openPorts({ firewall }, { address, interface: device, proxies }) {
    const exits = proxies.map((proxy) => proxy.address);
    return internetPorts.flatMap((port) => [
      ...tcpRules(device, port, address, firewall.clients),
      // The proxies' namespaces are on this machine: their packets arrive on another interface.
      ...tcpRules(exitsInterface, port, address, exits),
    ]);
  },

  agentConfig: () => ({}),
};
