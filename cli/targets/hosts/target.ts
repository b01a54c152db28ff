import { Failure } from "../../../base/failure.ts";
import { connectionsOf } from "../../../components/machines/hosts/connections.ts";
import { factProblems } from "../../../components/machines/hosts/factProblems.ts";
import type { Connection } from "../../../contract/stackOutputs.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { ConfigError } from "../../../topology/problem.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import type { PreparedTarget, StackTarget } from "../target.ts";
import { askFacts } from "./ask.ts";
import { examineHosts } from "./examine.ts";
import { giveBack } from "./giveBack.ts";

/**
 * Machines that exist already. Before the engine runs, every host is asked for its facts, so that all problems of all
 * hosts are told at once.
 */
export const hosts: StackTarget<"hosts"> = {
  prepare: async (target, topology, without) => {
    const known = hostsOf(topology).filter(({ name }) => !without.includes(name));
    const asked = await askFacts(known, connections(target, topology));
    const silent = asked.flatMap((one) => ("trouble" in one ? [one] : []));
    const answers = Object.fromEntries(
      asked.flatMap((one) => ("answer" in one ? [[one.host, one.answer] as const] : [])),
    );
    const problems = [
      ...silent.map(({ host, trouble }) => `${host}: ${trouble}`),
      ...factProblems(topology, answers),
    ];
    return prepared(
      problems,
      silent.map(({ host }) => host),
    );
  },
  examine: examineHosts,
  remove: giveBack,
};

function prepared(problems: readonly string[], silent: readonly string[]): PreparedTarget {
  return {
    revive: async (stack) => {
      if (problems.length === 0) return [];
      const wayOut =
        silent.length > 0
          ? `\nTo leave a host out that has come up before: npm run up -- ${stack.name} --without ${silent.join(" ")}`
          : "";
      throw new Failure(`${problems.join("\n")}${wayOut}`);
    },
  };
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
