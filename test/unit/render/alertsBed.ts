import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderShown } from "../../../render/bundle.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { promtool } from "../../harness/promtool.ts";

/** Values at every interval, in promtool's own notation; `_` is a missing sample. */
export type Series = Readonly<Record<string, string>>;

/** What is the case, in which series that shows, and which alerts fire in the end, each as often. */
export type AlertCase = readonly [name: string, change: Series, alerts: readonly string[]];

/**
 * What promtool makes of a file of alert rules on the nodes of a stack.
 * @param healthy series of a pair where all is well
 * @param interval between samples, and between looks at the rules
 * @param end when it is looked for alerts
 */
export function describeAlerts(
  what: string,
  {
    config,
    path,
    healthy,
    cases,
    interval = "15s",
    end = "15m",
  }: {
    readonly config: unknown;
    readonly path: string;
    readonly healthy: Series;
    readonly cases: readonly AlertCase[];
    readonly interval?: string;
    readonly end?: string;
  },
): void {
  describe(`Prometheus, by promtool, with the alert rules of ${what}:`, () => {
    let folder: string;
    let program: string;
    beforeAll(async () => {
      program = await promtool();
      folder = mkdtempSync(join(tmpdir(), "hapair-alerts-"));
      const topology = parseTopology(config);
      const node = hostsOf(topology).find(({ role }) => role === "node");
      writeFileSync(join(folder, "rules.yml"), (node && renderShown(topology, node)[path]) ?? "");
    }, 120_000);
    afterAll(() => rmSync(folder, { recursive: true }));

    test("reads them", async () => {
      const { stdout } = await execa(program, ["check", "rules", join(folder, "rules.yml")]);
      expect(stdout).toContain("SUCCESS");
    });

    test.each(cases)("when %s", async (name, change, alerts) => {
      const series = { ...healthy, ...change };
      const unitTest = {
        rule_files: ["rules.yml"],
        evaluation_interval: interval,
        tests: [
          {
            interval,
            input_series: Object.entries(series).map(([series, values]) => ({ series, values })),
            promql_expr_test: [
              {
                expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
                eval_time: end,
                exp_samples: [...new Set(alerts)].map((name) => ({
                  labels: `{alertname="${name}"}`,
                  value: alerts.filter((one) => one === name).length,
                })),
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
}
