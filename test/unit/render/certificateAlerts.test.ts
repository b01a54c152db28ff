import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderShown } from "../../../render/bundle.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { promtool } from "../../harness/promtool.ts";
import { labWithPair } from "../fixtures.ts";

const path = "etc/hapair/prometheus/edge-certificate.rules.yml";
const dayS = 86_400;
const on = (instance: string, metric: string) =>
  `hapair_edge_certificate_${metric}{instance="${instance}:8405"}`;

/** Two nodes for 48 hours from the beginning of time; `endDays` is that of the second one, which may show none. */
const series = (endDays: number | undefined, refused = 0) => {
  const end = endDays === undefined ? "_" : String(endDays * dayS);
  return {
    [on("10.0.1.20", "end_seconds")]: `${397 * dayS}x48`,
    [on("10.0.1.20", "refused")]: "0x48",
    [on("10.0.1.21", "end_seconds")]: `${end}x48`,
    [on("10.0.1.21", "refused")]: `${refused}x48`,
    [on("10.0.9.21", "end_seconds")]: "0x48",
  };
};

const cases: readonly [string, Readonly<Record<string, string>>, readonly string[]][] = [
  ["nothing is wrong", series(90), []],
  ["a certificate has been within its last 30 days for some hours", series(31), []],
  ["one has been so for longer than a renewal takes", series(20), ["HapairEdgeCertificateEndsSoon"]],
  ["one ends within a week", series(8), ["HapairEdgeCertificateEnds", "HapairEdgeCertificateEndsSoon"]],
  ["one has ended", series(1), ["HapairEdgeCertificateEnds", "HapairEdgeCertificateEndsSoon"]],
  ["the edge shows none, of which its own alerts tell", series(undefined), []],
  ["a newer one is refused", series(90, 1), ["HapairEdgeCertificateRefused"]],
];

describe("Prometheus, by promtool, with the alert rules of the edge's certificate:", () => {
  let folder: string;
  let program: string;
  beforeAll(async () => {
    program = await promtool();
    folder = mkdtempSync(join(tmpdir(), "hapair-certificate-alerts-"));
    const topology = parseTopology(labWithPair({ edge: {} }));
    const node = hostsOf(topology).find(({ role }) => role === "node");
    writeFileSync(join(folder, "rules.yml"), (node && renderShown(topology, node)[path]) ?? "");
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(cases)("when %s", async (name, series, alerts) => {
    const unitTest = {
      rule_files: ["rules.yml"],
      evaluation_interval: "1h",
      tests: [
        {
          interval: "1h",
          input_series: Object.entries(series).map(([series, values]) => ({ series, values })),
          promql_expr_test: [
            {
              expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
              eval_time: "40h",
              exp_samples: alerts.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
            },
          ],
        },
      ],
    };
    const file = join(folder, `${name.replaceAll(/\W/g, "-")}.json`);
    writeFileSync(file, JSON.stringify(unitTest));
    const { failed, stdout, stderr } = await execa(program, ["test", "rules", file], { reject: false });
    expect(failed ? `${stdout}\n${stderr}` : "").toBe("");
  });
});
