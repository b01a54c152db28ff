import { Failure } from "../../../base/failure.ts";
import { renderLaptop } from "../../../render/laptop.ts";
import { masked } from "../../../render/secrets.ts";
import { laptopOf, type PoolHost } from "../../../topology/hosts.ts";
import type { Topology } from "../../../topology/topology.ts";
import { type Finding, wrong } from "../../doctor/finding.ts";
import { runLaptop } from "../../hosts/ways.ts";
import type { MadeStack } from "../target.ts";
import { firewallFindings, firewallHere } from "./firewall.ts";

/** The pool on the laptop, as the operator's side of the target looks after it. */

const checkMs = 60_000;
const removeMs = 5 * 60_000;

/** @throws Failure where this machine cannot carry the pool; nothing has been touched then */
export async function checkLaptop(stack: string, topology: Topology): Promise<void> {
  const troubles = await troublesOf(stack, topology);
  if (troubles.length > 0) throw new Failure(troubles.join("\n"));
}

/** What would make the pool's roll-out fail on this machine, or its nodes miss it. */
export async function examineLaptop(stack: string, topology: Topology): Promise<readonly Finding[]> {
  const laptop = laptopIn(topology);
  if (laptop === undefined) return [];
  return [
    ...(await troublesOf(stack, topology)).map(wrong),
    ...firewallFindings(laptop, await firewallHere()),
  ];
}

/** Removes the pool that a stack has made on this machine, with its data. @throws Failure where Docker does not do it */
export async function removeLaptop({
  name,
  resources,
}: Pick<MadeStack, "name" | "resources">): Promise<void> {
  if (!resources.some(({ type }) => type === "hapair:index:LaptopPool")) return;
  console.error(`${name}: removing the pool on this machine, with PostgreSQL's data`);
  const { failure, stderr } = await runLaptop(["down", "--stack", name], { timeoutMs: removeMs });
  if (failure !== undefined) throw new Failure(stderr.trim() || failure);
}

async function troublesOf(stack: string, topology: Topology): Promise<readonly string[]> {
  const laptop = laptopIn(topology);
  if (laptop === undefined) return [];
  const stdin = renderLaptop(laptop, masked(topology)).text;
  const { failure, stderr } = await runLaptop(["check", "-", "--stack", stack], {
    timeoutMs: checkMs,
    stdin,
  });
  return failure === undefined ? [] : (stderr.trim() || failure).split("\n");
}

function laptopIn({ pairs }: Topology): PoolHost | undefined {
  return pairs.flatMap((pair) => laptopOf(pair) ?? [])[0];
}
