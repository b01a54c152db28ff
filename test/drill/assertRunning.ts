import { Failure } from "../../cli/failure.ts";
import { findLeader } from "../../lab/leader.ts";
import { hostsOf, type Topology } from "../../topology/topology.ts";

/** @throws Failure where a machine of the stack is down: that is not what a drill is to find out */
export function assertRunning(topology: Topology, stackName: string): void {
  const names = hostsOf(topology).map(({ name }) => name);
  const down = names.filter((name) => findLeader(topology.lab.name, name) === undefined);
  if (down.length === 0) return;
  const command = stackName === "lab" ? "npm start" : `npm run up -- ${stackName}`;
  throw new Failure(`the stack ${stackName} is not up (not running: ${down.join(", ")}): ${command}`);
}
