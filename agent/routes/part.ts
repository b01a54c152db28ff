import { join } from "node:path";
import type { RoutesConfig } from "../../contract/routesConfig.ts";
import type { UpdatesConfig } from "../../contract/updates/config.ts";
import type { Part, PartContext } from "../daemon/part.ts";
import { repeat } from "../daemon/repeat.ts";
import { type HealthMetrics, openHealthMetrics } from "../health/metrics.ts";
import { openFetch } from "../updates/fetchList.ts";
import { openUpdatesMetrics, type UpdatesMetrics } from "../updates/metrics.ts";
import { openUpdater, type Updater, type UpdaterOptions } from "../updates/updater.ts";
import { openServers } from "./balanced/balancer.ts";
import { openDns } from "./dns.ts";
import { type Api, openApi, type Subscribe } from "./door/api.ts";
import { openAudit } from "./door/audit.ts";
import { type DoorMetrics, openDoorMetrics } from "./door/metrics.ts";
import { type FixedMetrics, keepFixed, openFixedMetrics } from "./fixed.ts";
import { LocalNode, type Support } from "./localNode.ts";
import { readRoutesLog } from "./log/routesLog.ts";
import { openMade } from "./made.ts";
import { openRouteMetrics, type RouteMetrics } from "./metrics.ts";
import { TargetNames } from "./names.ts";
import type { RouteStore } from "./store/store.ts";
import { trafficText } from "./traffic/exposition.ts";
import { TrafficSums } from "./traffic/sums.ts";
import { readTraffic } from "./traffic/traffic.ts";
import { openWriterMetrics, type WriterMetrics } from "./writer/metrics.ts";
import { targetRules } from "./writer/targets.ts";
import { openWriter, type RouteWriter } from "./writer/write.ts";

/** The shortest TTL that counts is a second. */
const namesMs = 500;

const supports: Readonly<Record<Support, string>> = {
  haproxy: "haproxy's map of routes",
  store: "database of the routes",
  log: "log of routes",
  servers: "haproxy's servers of routes with several targets",
};

/**
 * Serves a pair's routes on this node. What its log has is served at once, without anything else; then it follows the
 * store. The table is on disk, so that a start with another config begins with it too.
 */
export function routesPart(
  { log, registry }: PartContext,
  openStore: (config: RoutesConfig) => RouteStore,
  /** Events of other parts, which the API tells with its own. */
  subscribe: Subscribe,
): Part<"routes"> {
  let running:
    | {
        readonly node: LocalNode;
        readonly writer: RouteWriter;
        readonly api: Api;
        readonly updater: Updater | undefined;
        stop(): Promise<void>;
      }
    | undefined;
  let metrics: RouteMetrics | undefined;
  let writerMetrics: WriterMetrics | undefined;
  let apiMetrics: DoorMetrics | undefined;
  const traffic = new TrafficSums();
  let healthMetrics: HealthMetrics | undefined;
  let fixedMetrics: FixedMetrics | undefined;
  let updatesMetrics: UpdatesMetrics | undefined;

  const current = () => {
    if (running === undefined) throw new Error("the part of routes has not been started");
    return running;
  };

  function updaterOf(
    config: UpdatesConfig,
    folder: string,
    by: Pick<UpdaterOptions, "node" | "writer">,
  ): Updater {
    updatesMetrics ??= openUpdatesMetrics(registry, () => running?.updater?.shown());
    const made = openMade(join(folder, "updates.json"), [config.host, config.options]);
    return openUpdater({ config, made, ...by, fetchList: openFetch(config), metrics: updatesMetrics, log });
  }

  return {
    name: "routes",
    section: "routes",
    pages: {},
    metrics: () => trafficText(traffic.routes),
    start: (config) => {
      const rules = targetRules(config);
      const found = readRoutesLog(config.folder, config.pair);
      if (found.damage !== null) log.say("error", found.damage, { event: "routes-log" });
      const dns = openDns();
      const names = new TargetNames(rules, found.addresses, dns);
      metrics ??= openRouteMetrics(registry, () => current().node.figures());
      const onProblem = (what: Support, problem: string | null) => log.trouble(supports[what], problem);
      const servers = openServers(config.runtimeSocket, config.egress.actionSocket);
      const node = new LocalNode(config, found, { names, servers, metrics, onProblem });
      const store = openStore(config);
      const addressesOf = async (name: string) => (await dns.resolve(name)).map(({ address }) => address);
      writerMetrics ??= openWriterMetrics(registry, () => current().writer.circuit().state);
      const writer = openWriter(config, { node, store, addressesOf, onOpen: writerMetrics.opened });
      apiMetrics ??= openDoorMetrics(registry, () => running?.api.listeners() ?? 0);
      healthMetrics ??= openHealthMetrics(registry, () => running?.api.health());
      const updater = config.updates && updaterOf(config.updates, config.folder, { node, writer });
      const behind = {
        ...{ node, writer, subscribe, metrics: apiMetrics, healthMetrics, log },
        ...(updater && { updater }),
      };
      // Before anything else runs: what it listens on may not be there.
      const api = openApi({ config, egress: config.egress, ...behind });
      node.start(store);
      fixedMetrics ??= openFixedMetrics(registry);
      const fixed = keepFixed(config, {
        ...{ node, writer, audit: openAudit(log), metrics: fixedMetrics },
        onProblem: (problem) => log.trouble("routes of the config", problem),
      });
      updater?.start();
      const refresh = async () => {
        await node.refreshNames();
        log.trouble("targets of routes", problemOf(names));
      };
      const refreshing = repeat(namesMs, refresh, (problem) => log.trouble("names of targets", problem));
      const reading = readTraffic(
        config.runtimeSocket,
        traffic,
        (host) => node.table().routes.has(host),
        (problem) => log.trouble("traffic of routes", problem),
      );
      const stop = async () => {
        dns.cancel();
        await Promise.all([fixed.stop(), updater?.stop()]);
        await Promise.all([api.close(), node.stop(), refreshing.stop(), reading.stop()]);
      };
      running = { node, writer, api, updater, stop };
    },
    stop: () => current().stop(),
    turnedAtMs: () => Math.min(current().node.turnedAtMs(), current().api.turnedAtMs()),
  };
}

/** The first names that have no address, or keep an old one. */
function problemOf(names: TargetNames): string | null {
  const problems = [...names.problems()];
  const first = problems.slice(0, 3).map(([name, problem]) => `${name} (${problem})`);
  const more = problems.length > first.length ? ` and ${problems.length - first.length} more` : "";
  return first.length === 0
    ? null
    : `no address, or only the last known one, for ${first.join(", ")}${more}: see the records of these names`;
}
