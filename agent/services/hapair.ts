import { join } from "node:path";
import { messageOf } from "../../base/failure.ts";
import type { Wanted } from "../../base/listeners.ts";
import { agentUnit } from "../../contract/agentConfig.ts";
import type { BundleFile } from "../../contract/bundle.ts";
import { edgeConfigPath } from "../../contract/edgeConfig.ts";
import { egressConfigPath } from "../../contract/egressConfig.ts";
import { moverConfigPath } from "../../contract/moverConfig.ts";
import { routesConfigPath } from "../../contract/routesConfig.ts";
import { updatesConfigPath } from "../../contract/updates/config.ts";
import {
  parseEdgeConfig,
  parseEgressConfig,
  parseMoverConfig,
  parseRoutesConfig,
  parseUpdatesConfig,
} from "../daemon/config.ts";
import { bidAgain } from "../health/trackFile.ts";
import { misfit } from "../routes/door/certificate.ts";
import { updatesStatus } from "../updates/status.ts";
import { allOf, portsComplaint } from "./ports.ts";
import { routesDatabaseComplaint } from "./routesDatabase.ts";
import type { Candidate, Change, Service } from "./service.ts";
import { refreshUnit, verbFor } from "./service.ts";

/** How the daemon reads each of its files, as where it then listens. */
const readers = new Map<string, (text: string, files: readonly BundleFile[]) => readonly Wanted[]>([
  [egressConfigPath, (text) => wantedOf(egressConfigPath, parseEgressConfig(text).listen)],
  [
    routesConfigPath,
    (text, files) => {
      const config = parseRoutesConfig(text);
      const { certificateFile, keyFile } = config;
      const [certificate = "", key = ""] = [certificateFile, keyFile].map(
        (file) => files.find(({ path }) => `/${path}` === file)?.text,
      );
      const problem = misfit(certificate, key);
      if (problem !== null)
        throw new Error(
          `names ${certificateFile}, which is no certificate for the key in ${keyFile} (${problem}): render the bundle again`,
        );
      return wantedOf(routesConfigPath, [config.listen]);
    },
  ],
  [
    moverConfigPath,
    (text) => {
      parseMoverConfig(text);
      return [];
    },
  ],
  [
    edgeConfigPath,
    (text) => {
      parseEdgeConfig(text);
      return [];
    },
  ],
  [
    updatesConfigPath,
    (text) => {
      parseUpdatesConfig(text);
      return [];
    },
  ],
]);

function wantedOf(
  path: string,
  listen: readonly { readonly address: string; readonly port: number }[],
): readonly Wanted[] {
  return listen.map(({ address, port }) => ({
    address: `${address}:${port}`,
    setting: `/${path}: listen ${address}:${port}`,
  }));
}

/** The agent's own daemon, which reads its config again on SIGHUP, and the socket of its requests. */
export const hapair: Service = {
  name: "hapair",
  complaint,
  status: updatesStatus,
  activate: (change) => {
    forgetHang(change);
    return Promise.all(
      change.units
        // Sockets, paths and timers have nothing to reload.
        .filter((unit) => unit === agentUnit || change.restart.has(unit))
        .map((unit) => refreshUnit(change.host, unit, verbFor(unit, change))),
    );
  },
};

/** A daemon of another version may not know that its predecessor has left the address to others: it would stay so. */
function forgetHang({ host, files }: Change): void {
  const egress = files.find(({ path }) => path === egressConfigPath);
  if (egress) bidAgain(join(host.root, parseEgressConfig(egress.text).haproxyTrackFile));
}

async function complaint(candidate: Candidate): Promise<string | undefined> {
  const ofFiles = candidate.files.map(async ({ path, text }) => {
    try {
      return await portsComplaint(candidate, readers.get(path)?.(text, candidate.files) ?? []);
    } catch (error) {
      return `/${path} ${messageOf(error)}`;
    }
  });
  return allOf([
    ...(await Promise.all(ofFiles)),
    candidate.staging ? await routesDatabaseComplaint(candidate) : undefined,
  ]);
}
