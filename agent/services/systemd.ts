import { unitFileOf } from "../../contract/bundle.ts";
import { mustRun } from "../host/mustRun.ts";
import type { Change, Service, UnitAction } from "./service.ts";

const unitsFolder = "etc/systemd/system/";

/** Unit files and drop-ins: systemd loads them; each service restarts its own units. */
export const systemd: Service = {
  name: "systemd",
  activate,
};

async function activate({ host }: Change): Promise<readonly UnitAction[]> {
  await mustRun(host, "systemctl", ["daemon-reload"]);
  return [];
}

/** The units, out of `units`, whose unit file, template or drop-in is among `paths`. */
export function unitsOf(paths: readonly string[], units: readonly string[]): ReadonlySet<string> {
  const owners = paths
    .filter((path) => path.startsWith(unitsFolder))
    .map((path) => (path.slice(unitsFolder.length).split("/")[0] ?? "").replace(/\.d$/, ""));
  const matches = (unit: string): boolean =>
    owners.some((owner) => owner === unit || owner === unitFileOf(unit) || owner === unit.split(".").at(-1));
  return new Set(units.filter(matches));
}
