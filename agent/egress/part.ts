import type { EgressConfig } from "../../contract/egressConfig.ts";
import type { EgressPage } from "../../contract/egressPage.ts";
import { steadyNowMs } from "../daemon/clock.ts";
import type { FitnessSource, Part, PartContext } from "../daemon/part.ts";
import { type EgressLoop, startLoop } from "./egressLoop.ts";
import { fitnessOf } from "./fitness.ts";
import { RememberedGroups } from "./memory.ts";
import { pageOf } from "./page.ts";
import { type EgressMetrics, openEgressMetrics } from "./report/metrics.ts";
import { openReporter, type Reporter } from "./report/reporter.ts";

/**
 * Measures the egress proxies, prefers the best one, and shows what it knows at `/egress`.
 * @param vip what the page shows of the virtual address
 */
export function egressPart(
  { log, registry, state }: PartContext,
  vip: () => EgressPage["vip"],
): Part<"egress"> & FitnessSource {
  let groups: RememberedGroups = state.read("groups", RememberedGroups) ?? {};
  /** Process id of the worker that answered last. */
  let pid: number | undefined;
  let running: { config: EgressConfig; loop: EgressLoop; reporter: Reporter } | undefined;
  let metrics: EgressMetrics | undefined;

  const current = () => {
    if (running === undefined) throw new Error("the egress part has not been started");
    return running;
  };
  const page = (): EgressPage => {
    const { config, loop } = current();
    return pageOf(config, loop.groups(), {
      at: new Date(),
      nowMs: steadyNowMs(),
      vip: vip(),
      problem: loop.problem(),
    });
  };
  const keep = (): boolean => {
    groups = current().loop.remembered();
    return state.write({ groups });
  };

  return {
    name: "egress",
    section: "egress",
    pages: { "/egress": () => ({ type: "application/json", body: `${JSON.stringify(page())}\n` }) },
    start: (config) => {
      metrics ??= openEgressMetrics(registry, page);
      const reporter = openReporter(config.logFolder, log);
      const loop = startLoop(config, { groups, pid }, { reporter, metrics, keep });
      running = { config, loop, reporter };
    },
    stop: async () => {
      const { loop } = current();
      const stopped = loop.stop();
      keep();
      await stopped;
      groups = loop.remembered();
      pid = loop.pid();
    },
    turnedAtMs: () => current().loop.turnedAtMs(),
    fitness: () => fitnessOf(current().loop.groups()),
    remeasure: () => current().loop.remeasure(),
    announce: (sentence, fields) => {
      const { config, reporter } = current();
      reporter.everywhere(
        config.groups.filter(({ essential }) => essential),
        sentence,
        fields,
      );
    },
  };
}
