import { labWithPair } from "../fixtures.ts";
import { type AlertCase, describeAlerts, type Series } from "./alertsBed.ts";

const dayS = 86_400;
const on = (address: string, metric: string) =>
  `hapair_edge_certificate_${metric}{instance="${address}:8405"}`;

/** Two nodes for 48 hours from the beginning of time. */
const healthy: Series = Object.fromEntries(
  ["10.0.1.20", "10.0.1.21"].flatMap((node) => [
    [`haproxy_frontend_status{instance="${node}:8404", proxy="edge", state="UP"}`, "1x48"],
    [on(node, "end_seconds"), `${397 * dayS}x48`],
    [on(node, "refused"), "0x48"],
  ]),
);
const ends = (days: number): Series => ({ [on("10.0.1.21", "end_seconds")]: `${days * dayS}x48` });

const cases: readonly AlertCase[] = [
  ["nothing is wrong", {}, []],
  ["a certificate has been within its last 30 days for some hours", ends(31), []],
  ["one has been so for longer than a renewal takes", ends(20), ["HapairEdgeCertificateEndsSoon"]],
  ["one ends within a week", ends(8), ["HapairEdgeCertificateEnds", "HapairEdgeCertificateEndsSoon"]],
  ["one has ended", ends(1), ["HapairEdgeCertificateEnds", "HapairEdgeCertificateEndsSoon"]],
  ["a newer one is refused", { [on("10.0.1.21", "refused")]: "1x48" }, ["HapairEdgeCertificateRefused"]],
  ["the edge shows none, of which other alerts tell", { [on("10.0.1.21", "end_seconds")]: "_x48" }, []],
  ["that of another pair has ended", { [on("10.0.9.21", "end_seconds")]: "0x48" }, []],
];

describeAlerts("the edge's certificate", {
  config: labWithPair({ edge: {} }),
  path: "etc/hapair/prometheus/edge.rules.yml",
  healthy,
  cases,
  interval: "1h",
  end: "40h",
});
