import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { readIfThere } from "../../base/files.ts";
import {
  effectiveRules,
  generatedFrom,
  type HostFile,
  type HostFiles,
  hasRules,
  md5,
} from "../../contract/ownership/hostFiles.ts";
import type { UnitLook } from "../../contract/ownership/ownershipFacts.ts";
import type { System } from "../host/system.ts";
import { enablement, runs, unitStates } from "../host/systemctl.ts";
import { lookAt } from "../store/found.ts";

/** Reads a host's files as they are asked for. */
export function filesOf(root: string): HostFiles {
  return {
    conffiles: conffiles(root),
    at: (path) => fileAt(root, path),
    in: (folder) => {
      if (!statSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory()) return [];
      return readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
    },
  };
}

function fileAt(root: string, path: string): HostFile | undefined {
  const found = lookAt(join(root, path));
  if (found.kind === "nothing") return undefined;
  if (found.kind !== "file") return found;
  const source = generatedFrom(path);
  const text = source === undefined ? undefined : readIfThere(join(root, source));
  return {
    kind: "file",
    md5: md5(found.content),
    generated: text === undefined ? undefined : md5(text),
    rules: hasRules(path) ? md5(effectiveRules(found.content.toString())) : undefined,
    isExecutable: (found.access.mode & 0o111) !== 0,
  };
}

/** The field `Conffiles` of dpkg's status. */
function conffiles(root: string): ReadonlyMap<string, string> {
  const status = readIfThere(join(root, "var/lib/dpkg/status")) ?? "";
  return new Map(
    [...status.matchAll(/^ \/(\S+) ([0-9a-f]{32})(?: obsolete)?$/gm)].map(([, path = "", sum = ""]) => [
      path,
      sum,
    ]),
  );
}

/** What systemd knows of these units. */
export async function lookAtUnits(
  host: System,
  units: readonly string[],
): Promise<ReadonlyMap<string, UnitLook>> {
  const [states, enabled] = await Promise.all([unitStates(host, units), enablement(host, units)]);
  return new Map(
    states.map((state) => [
      state.unit,
      { isActive: runs(state), isEnabled: enabled.get(state.unit) === "enabled" },
    ]),
  );
}
