import type { AgentConfig } from "../topology/agentConfig.ts";
import type { Host } from "./host.ts";

/** Whether the virtual address is on this host now. */
export function isHolder(host: Host, config: AgentConfig | undefined): boolean {
  return config?.node !== undefined && host.addresses().includes(config.node.virtualAddress);
}
