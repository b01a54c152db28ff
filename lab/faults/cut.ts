import { rmSync } from "node:fs";
import { Failure } from "../../base/failure.ts";
import { readIfThere, writeAtomically } from "../../base/files.ts";
import { Cut } from "../../contract/lab.ts";
import { leaderPid } from "../machine/exec.ts";
import { blackHole, bridgePort, labRun, namespace } from "../paths.ts";
import { groupFrozen } from "../process/group.ts";
import { runSync } from "../process/run.ts";
import { isVpc, setParted } from "../vpc/inVpc.ts";
import { plug, unplug } from "./cable.ts";

/** Cuts the machine's cable in one way until `heal`; an earlier cut is healed first. */
export function cut(lab: string, name: string, how: Cut): void {
  leaderPid(lab, name);
  assertPossible(lab, how);
  heal(lab, name);
  writeCut(lab, name, how);
  const port = bridgePort(name);
  if (how.how === "port") unplug(lab, name);
  else if (how.how === "carrier") runSync(["ip", "-n", namespace(lab), "link", "set", port, "down"]);
  else if (how.how === "peer") setParted(lab, name, how.peer, true);
  else drop(lab, port, how);
}

function assertPossible(lab: string, { how }: Cut): void {
  if (how === "carrier" && isVpc(lab))
    throw new Failure(`Lab ${lab} is a VPC, where an interface never loses its carrier: use --how port.`);
  if (how === "peer" && !isVpc(lab))
    throw new Failure(`Lab ${lab} is no VPC: on a switch, --how port cuts a machine off all others alone.`);
}

/** Redirects the packets to a bridge without ports: kernels for small systems lack the action `drop`, not this one. */
function drop(lab: string, port: string, cut: Extract<Cut, { how: "proto" | "direction" }>): void {
  const hook = cut.direction === "out" ? "ingress" : "egress";
  const packets =
    cut.how === "proto"
      ? `protocol ip u32 match ip protocol ${cut.proto} 0xff`
      : "protocol all u32 match u32 0 0";
  const commands = [
    `qdisc add dev ${port} clsact`,
    `filter add dev ${port} ${hook} ${packets} action mirred egress redirect dev ${blackHole}`,
  ];
  runSync(["tc", "-n", namespace(lab), "-batch", "-"], `${commands.join("\n")}\n`);
}

/** Undoes the machine's cut, if there is one. A frozen machine stays off the bridge until it is thawed. */
export function heal(lab: string, name: string): void {
  const cut = readCut(lab, name);
  if (cut === undefined) return;
  const port = bridgePort(name);
  const link = ["ip", "-n", namespace(lab), "link", "set", port];
  if (cut.how === "proto" || cut.how === "direction")
    // Replace first: a `cut` that was killed early has left no qdisc to delete.
    for (const how of ["replace", "delete"])
      runSync(["tc", "-n", namespace(lab), "qdisc", how, "dev", port, "clsact"]);
  if (cut.how === "carrier") runSync([...link, "up"]);
  if (cut.how === "port" && !groupFrozen(lab, name)) plug(lab, name);
  if (cut.how === "peer") setParted(lab, name, cut.peer, false);
  writeCut(lab, name, undefined);
}

export const cutFile = (lab: string, name: string) => `${labRun(lab)}/${name}.cut.json`;

/** The machine's cut; undefined where there is none. */
export function readCut(lab: string, name: string): Cut | undefined {
  const text = readIfThere(cutFile(lab, name));
  return text === undefined ? undefined : Cut.parse(JSON.parse(text));
}

function writeCut(lab: string, name: string, cut: Cut | undefined): void {
  if (cut === undefined) rmSync(cutFile(lab, name), { force: true });
  else writeAtomically(cutFile(lab, name), JSON.stringify(cut));
}
