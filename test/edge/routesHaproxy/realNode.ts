import { Registry } from "prom-client";
import { openDns } from "../../../agent/routes/dns.ts";
import { LocalNode } from "../../../agent/routes/localNode.ts";
import { readRoutesLog } from "../../../agent/routes/log/routesLog.ts";
import { openRouteMetrics } from "../../../agent/routes/metrics.ts";
import { TargetNames } from "../../../agent/routes/names.ts";
import { targetRules } from "../../../agent/routes/writer/targets.ts";
import type { RoutesConfig } from "../../../contract/routesConfig.ts";
import { routesConfig } from "../../unit/agent/routes/routeFixtures.ts";
import type { RealHaproxy } from "./realHaproxy.ts";

/** The config of a node whose HAProxy this is; its targets are on loopback. */
export function configOf(haproxy: RealHaproxy): RoutesConfig {
  return {
    ...routesConfig(haproxy.folder),
    runtimeSocket: haproxy.socket,
    mapFile: haproxy.mapFile,
    probe: haproxy.probe,
    allowedTargets: ["127.0.0.0/8"],
  };
}

/** A node with what its log has, not yet started. @param problems gets what it says */
export function nodeOn(config: RoutesConfig, problems: string[]): LocalNode {
  const found = readRoutesLog(config.folder, config.pair);
  const node: LocalNode = new LocalNode(config, found, {
    names: new TargetNames(targetRules(config), found.addresses, openDns()),
    metrics: openRouteMetrics(new Registry(), () => node.figures()),
    onProblem: (what, problem) => {
      if (problem !== null) problems.push(`${what}: ${problem}`);
    },
  });
  return node;
}
