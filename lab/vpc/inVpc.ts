import { existsSync } from "node:fs";
import { bridgePort, labRun, namespacePath } from "../paths.ts";
import { runSync } from "../process/run.ts";
import { table } from "./fabric/ruleset.ts";

/** Faults of a machine's cable in a lab that is a VPC. */

/** Where the VPC's program is told what to do; root's, as the folder is. */
export const vpcSocket = (lab: string): string => `${labRun(lab)}/vpc.sock`;

export function isVpc(lab: string): boolean {
  return existsSync(vpcSocket(lab));
}

/** Whether no packet passes the machine's cable. A VPC's port stays where it is: without carrier it would lose its routes. */
export function setCut(lab: string, machine: string, isCut: boolean): void {
  set(lab, "cut", [`"${bridgePort(machine)}"`], isCut);
}

/** Whether no packet passes between two machines, in either direction. */
export function setParted(lab: string, one: string, other: string, isParted: boolean): void {
  const [here, there] = [`"${bridgePort(one)}"`, `"${bridgePort(other)}"`];
  set(lab, "parted", [`${here} . ${there}`, `${there} . ${here}`], isParted);
}

/** An element may be there already, or not any more. */
function set(lab: string, name: string, elements: readonly string[], isIn: boolean): void {
  const element = `element ${table} ${name} { ${elements.join(", ")} }`;
  const commands = isIn ? `add ${element}` : `add ${element}\ndelete ${element}`;
  runSync(["nsenter", `--net=${namespacePath(lab)}`, "nft", "-f", "-"], `${commands}\n`);
}
