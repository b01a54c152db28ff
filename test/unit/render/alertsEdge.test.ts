import { updatingPair } from "../../harness/edgePair.ts";
import { labWithPair } from "../fixtures.ts";
import { type AlertCase, describeAlerts, type Series } from "./alertsBed.ts";

const first = "10.0.1.20";
const second = "10.0.1.21";
const nodes = [first, second];
const onHaproxy = (address: string, name: string, labels = ""): string =>
  `haproxy_frontend_${name}{instance="${address}:8404", proxy="edge"${labels && `, ${labels}`}}`;
const onAgent = (address: string, name: string, labels = ""): string =>
  `hapair_${name}{instance="${address}:8405"${labels && `, ${labels}`}}`;

const up = (address: string) => onHaproxy(address, "status", 'state="UP"');
const sessions = (address: string) => onHaproxy(address, "current_sessions");
const answers = (code: string, address = first) =>
  onAgent(address, "edge_requests_total", `route="shop.test", code="${code}"`);
const within = (le: string) => onAgent(first, "edge_request_seconds_bucket", `route="shop.test", le="${le}"`);
const refused = (reason: string, address = first) =>
  onAgent(address, "edge_refused_total", `route="shop.test", reason="${reason}"`);

const healthy: Series = {
  ...Object.fromEntries(
    nodes.flatMap((node) => [
      [up(node), "1x80"],
      [sessions(node), "40x80"],
      [onHaproxy(node, "limit_sessions"), "4000x80"],
      [onAgent(node, "routes_count"), "3x80"],
      [onAgent(node, "routes_version"), "7+1x80"],
      [onAgent(node, "routes_lag"), "0x80"],
      [onAgent(node, "routes_unresolved"), "0x80"],
      [onAgent(node, "updates_failing"), "0x80"],
      [onAgent(node, "updates_refused"), "0x80"],
      [onAgent(node, "updates_unanswered"), "0x80"],
      ...["haproxy", "store", "log", "fixed"].map((what) => [onAgent(node, `routes_${what}_up`), "1x80"]),
      ...["circuit", "connections"].map((reason) => [refused(reason, node), "3x80"]),
    ]),
  ),
  [answers("2xx")]: "0+1000x80",
  [answers("5xx")]: "0+10x80",
  [within("2.5")]: "0+1000x80",
  [within("10")]: "0+1005x80",
  [within("+Inf")]: "0+1010x80",
};
const silent = Object.fromEntries(nodes.map((node) => [up(node), "1x20 _x60"]));

const cases: readonly AlertCase[] = [
  ["nothing is wrong", {}, []],
  ["haproxy of a node is gone", { [up(second)]: "1x20 _x60" }, ["HapairEdgeSilent"]],
  ["no node serves", silent, ["HapairEdgeDead", "HapairEdgeSilent", "HapairEdgeSilent"]],
  ["the edge of a node is disabled", { [up(second)]: "0x80" }, ["HapairEdgeSilent"]],
  ["the edge is almost full", { [sessions(first)]: "3800x80" }, ["HapairEdgeFull"]],
  ["an agent is gone", { [onAgent(second, "routes_count")]: "3x20 _x60" }, ["HapairRoutesAgentGone"]],
  ["a tenth of a route's answers are errors", { [answers("5xx")]: "0+120x80" }, ["HapairRouteFails"]],
  ["a route had errors ten minutes ago", { [answers("5xx")]: "0+120x15 1800x65" }, []],
  ["one of 50 answers of a route is slow", { [within("2.5")]: "0+985x80" }, ["HapairRouteSlow"]],
  ["a route's circuit is open", { [refused("circuit")]: "0+30x80" }, ["HapairRouteCircuitOpen"]],
  ["a route has its connections", { [refused("connections")]: "0+3x80" }, ["HapairRouteFull"]],
  ["a node does not make its changes", { [onAgent(first, "routes_lag")]: "2x80" }, ["HapairRoutesLag"]],
  ["a node is not told of changes", { [onAgent(second, "routes_version")]: "7x80" }, ["HapairRoutesBehind"]],
  [
    "haproxy does not take the map",
    { [onAgent(first, "routes_haproxy_up")]: "0x80" },
    ["HapairRoutesMapNotFollowed"],
  ],
  ["the database is away", { [onAgent(first, "routes_store_up")]: "0x80" }, ["HapairRoutesDatabaseAway"]],
  ["the log cannot be written", { [onAgent(first, "routes_log_up")]: "0x80" }, ["HapairRoutesLogBroken"]],
  [
    "routes of the config are not made",
    { [onAgent(first, "routes_fixed_up")]: "0x80" },
    ["HapairRoutesFixedNotMade"],
  ],
  ["a name is not confirmed", { [onAgent(first, "routes_unresolved")]: "1x80" }, ["HapairRoutesUnresolved"]],
  ["a node gets no list", { [onAgent(first, "updates_failing")]: "1x80" }, ["HapairUpdatesFail"]],
  ["a list failed once", { [onAgent(first, "updates_failing")]: "0x54 1x1 0x25" }, []],
  [
    "a list is in doubt",
    { [onAgent(first, "updates_failing")]: "0x57 1x23", [onAgent(first, "updates_refused")]: "0x57 1x23" },
    ["HapairUpdatesRefused"],
  ],
  ["a newcomer is silent", { [onAgent(first, "updates_unanswered")]: "1x80" }, ["HapairUpdatesNodesSilent"]],
  [
    "another pair of the same Prometheus is in trouble",
    {
      [onHaproxy("10.0.9.20", "current_sessions")]: "4000x80",
      [onHaproxy("10.0.9.20", "limit_sessions")]: "4000x80",
      [onAgent("10.0.9.20", "routes_store_up")]: "0x80",
      [onAgent("10.0.9.20", "updates_failing")]: "1x80",
      [answers("5xx", "10.0.9.20")]: "0+1000x80",
    },
    [],
  ],
];

describeAlerts("the edge and its routes", {
  config: labWithPair(updatingPair),
  path: "etc/hapair/prometheus/edge.rules.yml",
  healthy,
  cases,
});
