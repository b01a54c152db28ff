import { messageOf } from "../../base/failure.ts";
import { actionUnit, agentUnit, closeUnit } from "../../contract/agentConfig.ts";
import { egressConfigPath } from "../../contract/egressConfig.ts";
import { moverConfigPath } from "../../contract/moverConfig.ts";
import { parseEgressConfig, parseMoverConfig } from "../daemon/config.ts";
import { portsComplaint } from "./ports.ts";
import type { Candidate, Service } from "./service.ts";
import { refreshUnit, verbFor } from "./service.ts";

/** How the daemon checks each of its files. Each returns where the daemon listens, `ADDRESS:PORT`. */
const checks = new Map<string, (text: string) => readonly string[]>([
  [
    egressConfigPath,
    (text) => parseEgressConfig(text).listen.map(({ address, port }) => `${address}:${port}`),
  ],
  [
    moverConfigPath,
    (text) => {
      const { page, privateAddress } = parseMoverConfig(text);
      return ["127.0.0.1", privateAddress].map((address) => `${address}:${page.port}`);
    },
  ],
]);

/** The agent's own daemon, which reads its config again on SIGHUP, and the socket of its requests. */
export const hapair: Service = {
  name: "hapair",
  owns: (path) => checks.has(path),
  runs: (unit) => unit === agentUnit || unit === actionUnit || unit === closeUnit,
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
  for (const { path, text } of candidate.files)
    try {
      const listeners = checks.get(path)?.(text) ?? [];
      const taken = await portsComplaint(
        candidate,
        listeners.map((address) => ({ address, setting: `/${path}: ${address}` })),
      );
      if (taken !== undefined) return taken;
    } catch (error) {
      return `/${path} ${messageOf(error)}`;
    }
  return undefined;
}
