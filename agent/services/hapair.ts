import { messageOf } from "../../base/failure.ts";
import type { Wanted } from "../../base/listeners.ts";
import { agentUnit } from "../../contract/agentConfig.ts";
import { egressConfigPath } from "../../contract/egressConfig.ts";
import { moverConfigPath } from "../../contract/moverConfig.ts";
import { parseEgressConfig, parseMoverConfig } from "../daemon/config.ts";
import { allOf, portsComplaint } from "./ports.ts";
import type { Candidate, Service } from "./service.ts";
import { refreshUnit, verbFor } from "./service.ts";

/** How the daemon reads each of its files, as where it then listens. */
const readers = new Map<string, (text: string) => readonly Wanted[]>([
  [
    egressConfigPath,
    (text) =>
      parseEgressConfig(text).listen.map(({ address, port }) => ({
        address: `${address}:${port}`,
        setting: `/${egressConfigPath}: listen ${address}:${port}`,
      })),
  ],
  [
    moverConfigPath,
    (text) => {
      parseMoverConfig(text);
      return [];
    },
  ],
]);

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
  const ofFiles = candidate.files.map(async ({ path, text }) => {
    try {
      return await portsComplaint(candidate, readers.get(path)?.(text) ?? []);
    } catch (error) {
      return `/${path} ${messageOf(error)}`;
    }
  });
  return allOf(await Promise.all(ofFiles));
}
