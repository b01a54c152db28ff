import { messageOf } from "../../base/failure.ts";
import { agentUnit } from "../../contract/agentConfig.ts";
import { egressConfigPath } from "../../contract/egressConfig.ts";
import { parseEgressConfig } from "../daemon/config.ts";
import { portsComplaint } from "./ports.ts";
import type { Candidate, Service } from "./service.ts";
import { refreshUnit, verbFor } from "./service.ts";

/** The agent's own daemon, which reads its config again on SIGHUP, and the socket of its requests. */
export const hapair: Service = {
  name: "hapair",
  complaint,
  activate: (change) =>
    Promise.all(
      change.units
        // A socket has nothing to reload.
        .filter((unit) => unit === agentUnit || change.restart.has(unit))
        .map((unit) => refreshUnit(change.host, unit, verbFor(unit, change))),
    ),
};

async function complaint(candidate: Candidate): Promise<string | undefined> {
  const file = candidate.files.find(({ path }) => path === egressConfigPath);
  if (file === undefined) return undefined;
  try {
    const { listen } = parseEgressConfig(file.text);
    return await portsComplaint(
      candidate,
      listen.map(({ address, port }) => ({
        address: `${address}:${port}`,
        setting: `/${egressConfigPath}: listen ${address}:${port}`,
      })),
    );
  } catch (error) {
    return `/${egressConfigPath} ${messageOf(error)}`;
  }
}
