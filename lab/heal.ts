import { readCut, writeCut } from "./cutState.ts";
import { groupFrozen } from "./group.ts";
import { bridge, bridgePort, namespace } from "./paths.ts";
import { runSync } from "./run.ts";

/** Undoes the cut in force, if any. A frozen machine stays off the bridge until it is thawed. */
export function heal(lab: string, name: string): void {
  const cut = readCut(lab, name);
  if (cut === undefined) return;
  const port = bridgePort(name);
  const link = ["ip", "-n", namespace(lab), "link", "set", port];
  if (cut.how === "proto")
    // Replaced first: a cut that was killed before it made one has nothing to delete.
    for (const how of ["replace", "delete"])
      runSync(["tc", "-n", namespace(lab), "qdisc", how, "dev", port, "clsact"]);
  if (cut.how === "carrier") runSync([...link, "up"]);
  if (cut.how === "port" && !groupFrozen(lab, name)) runSync([...link, "master", bridge]);
  writeCut(lab, name, undefined);
}
