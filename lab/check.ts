import { claimPorts, releaseClaim } from "./forward.ts";
import { checkHost } from "./hostNeeds.ts";

/** @throws LabError, one sentence, where this host cannot carry a lab or one of the loopback ports is taken. Touches nothing. */
export async function check(ports: readonly number[]): Promise<void> {
  checkHost();
  releaseClaim(await claimPorts(ports.map((port) => ({ port, to: "" }))));
}
