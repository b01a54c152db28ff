import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure } from "../../../base/failure.ts";
import { connectionsOf } from "../../../components/machines/hosts/connections.ts";
import { factProblems } from "../../../components/machines/hosts/factProblems.ts";
import type { Connection } from "../../../contract/stackOutputs.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { ConfigError } from "../../../topology/problem.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import type { Leave, StackTarget } from "../target.ts";
import { type Asked, answersAmong, askFacts, silentAmong } from "./ask.ts";
import { examineHosts } from "./examine.ts";
import { giveBack } from "./giveBack.ts";
import { askLeaving } from "./leaving.ts";

/**
 * Machines that exist already. Before the engine runs, every host is asked for its facts, so that all problems of all
 * hosts are told at once.
 */
export const hosts: StackTarget<"hosts"> = {
  prepare: async (target, topology, leave) => {
    const known = hostsOf(topology).filter(({ name }) => !leave.without.includes(name));
    const asked = await askFacts(topology, known, connections(target, topology));
    return { revive: (stack) => revive(stack, topology, asked, leave) };
  },
  examine: examineHosts,
  remove: giveBack,
};

/** @throws Failure with every problem of every host, also of those that have left the config */
async function revive(
  stack: Stack,
  topology: Topology,
  asked: readonly Asked[],
  { leaving, without }: Leave,
): Promise<readonly string[]> {
  const gone = await askLeaving(stack, leaving, without);
  const silent = silentAmong([...asked, ...gone.asked]);
  const answers = answersAmong(asked);
  const problems = [
    ...silent.map(({ text }) => text),
    ...factProblems(topology, answers, Object.values(answersAmong(gone.asked))),
  ];
  if (problems.length > 0) {
    const hosts = silent.filter(({ ofBastion }) => !ofBastion).map(({ host }) => host);
    const wayOut =
      hosts.length > 0
        ? `\nTo leave a host out that has come up before: npm run up -- ${stack.name} --without ${hosts.join(" ")}`
        : "";
    throw new Failure(`${problems.join("\n")}${wayOut}`);
  }
  await gone.leave(Object.values(answers).map(({ machine }) => machine));
  return [];
}

/** @throws Failure with what is missing on this side */
export function connections(
  target: Target<"hosts">,
  topology: Topology,
): Readonly<Record<string, Connection>> {
  try {
    return connectionsOf(target, hostsOf(topology));
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(error.message);
    throw error;
  }
}
