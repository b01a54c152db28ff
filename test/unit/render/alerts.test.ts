import { labConfig } from "../fixtures.ts";
import { type AlertCase, describeAlerts, type Series } from "./alertsBed.ts";

const on = (instance: string, name: string, labels = ""): string =>
  `${name}{instance="${instance}:8405"${labels && `, ${labels}`}}`;
const first = "10.0.1.20";
const second = "10.0.1.21";
const state = (server: string, instance = first): string =>
  on(instance, "hapair_egress_server_state", `group="main", server="${server}", state="online"`);

const preferred = (server: string, instance = first): string =>
  on(instance, "hapair_egress_preferred", `group="main", server="${server}"`);

const healthy: Series = {
  ...Object.fromEntries(
    [first, second].flatMap((instance) => [
      [on(instance, "hapair_egress_haproxy_up"), "1x80"],
      [on(instance, "hapair_egress_vip_given_up"), "0x80"],
      ...["wg1", "wg2", "warp"].map((server) => [state(server, instance), "1x80"]),
      ...["wg1", "wg2", "warp"].map((server) => [
        preferred(server, instance),
        server === "wg1" ? "1x80" : "0x80",
      ]),
    ]),
  ),
  [on(first, "hapair_egress_flaps_total", 'group="main", server="wg1"')]: "7x80",
  [on(first, "hapair_egress_probes_total", 'group="main", server="warp", outcome="online"')]: "0+3x80",
};

const cases: readonly AlertCase[] = [
  ["nothing is wrong", {}, []],
  ["a node's agent is gone", { [on(second, "hapair_egress_haproxy_up")]: "_x80" }, ["HapairEgressAgentGone"]],
  ["one of two proxies is dead", { [state("wg1")]: "0x80" }, []],
  [
    "clients leave by WARP although a proxy works that is held down",
    { [preferred("wg1")]: "0x80", [preferred("warp")]: "1x80" },
    ["HapairEgressOnLastResort"],
  ],
  [
    "clients left by WARP for two minutes",
    { [preferred("wg1")]: "1x40 0x8 1x31", [preferred("warp")]: "0x40 1x8 0x31" },
    [],
  ],
  [
    "nothing works",
    { [state("wg1")]: "0x80", [state("wg2")]: "0x80", [state("warp")]: "0x80" },
    ["HapairEgressDead"],
  ],
  [
    "a proxy flaps",
    { [on(first, "hapair_egress_flaps_total", 'group="main", server="wg1"')]: "0+1x80" },
    ["HapairEgressFlapping"],
  ],
  [
    "WARP is not WARP",
    {
      [on(first, "hapair_egress_probes_total", 'group="main", server="warp", outcome="not-warp"')]: "0+3x80",
    },
    ["HapairEgressNotWarp"],
  ],
  ["haproxy is silent", { [on(first, "hapair_egress_haproxy_up")]: "0x80" }, ["HapairEgressHaproxySilent"]],
  [
    "the Runtime API fails",
    { [on(first, "hapair_egress_runtime_errors_total", 'error="timeout"')]: "0+2x80" },
    ["HapairEgressRuntimeErrors"],
  ],
  [
    "a node gave the address up",
    { [on(second, "hapair_egress_vip_given_up")]: "1x80" },
    ["HapairEgressVipGivenUp"],
  ],
  [
    "another pair of the same Prometheus is in trouble",
    {
      [state("wg1", "10.0.9.20")]: "0x80",
      [on("10.0.9.20", "hapair_egress_vip_given_up")]: "1x80",
      [on("10.0.9.20", "hapair_egress_haproxy_up")]: "0x80",
    },
    [],
  ],
];

describeAlerts("egress", {
  config: labConfig(),
  path: "etc/hapair/prometheus/egress.rules.yml",
  healthy,
  cases,
});
