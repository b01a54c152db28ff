import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { type AgentConfig, joinUnit } from "../../contract/agentConfig.ts";
import { isHolder } from "../address/hold.ts";
import type { System } from "../host/system.ts";
import { unitStates } from "../host/systemctl.ts";
import type { Candidate, Service, StatusPart } from "./service.ts";
import { complaintOf, refreshUnit, verbFor } from "./service.ts";

const config = "etc/keepalived/keepalived.conf";
const environment = "etc/default/keepalived";

export const keepalived: Service = {
  name: "keepalived",
  complaint,
  activate: (change) =>
    Promise.all(
      change.units.map((unit) => refreshUnit(change.host, unit, verbFor(unit, change, environment))),
    ),
  status,
};

async function status(host: System, { node }: AgentConfig): Promise<StatusPart> {
  if (node === undefined) return {};
  const { virtualAddress } = node;
  return {
    node: { holder: isHolder(host, node), virtualAddress },
    warnings: await waiting(host, virtualAddress),
  };
}

/** Why this node does not bid yet, where that is so. */
async function waiting(host: System, virtualAddress: string): Promise<readonly string[]> {
  const [join] = await unitStates(host, [joinUnit]);
  // It ends, and its unit stays active, once the node may bid.
  if (join?.active !== "active" || join.sub !== "running") return [];
  const { stdout } = await host.run("systemctl", ["show", "--property=StatusText", "--value", joinUnit]);
  return [`this node does not bid for ${virtualAddress} yet: ${stdout.trim() || "it asks who has it"}`];
}

async function complaint(candidate: Candidate): Promise<string | undefined> {
  const { host, folder, files } = candidate;
  const file = files.find(({ path }) => path === config);
  if (file === undefined) return undefined;
  const made = makeTrackFolders(host.root, file.text);
  const test = await host.run("keepalived", ["--config-test", `--use-file=${folder}/${config}`]);
  for (const path of made) rmSync(path, { recursive: true, force: true });
  return complaintOf(candidate, test);
}

/**
 * keepalived refuses a track_file in a folder that does not exist, and the units that make those below /run may
 * not have run yet on this host. Returns the folders that were missing.
 */
function makeTrackFolders(root: string, text: string): readonly string[] {
  return [...text.matchAll(/^\s*file\s+"?(\/run\/[^\s"]+)/gm)].flatMap(
    ([, path = ""]) => mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o755 }) ?? [],
  );
}
