import type { TopLevelSpec } from "vega-lite";
import { colors, plotStyle, plotSvg } from "./plot.ts";
import type { BenchRecord } from "./record.ts";

/** By kind of drill, a dot per round and a tick for the budget. The axis is symlog: a logarithm has no 0 ms. */
function outagesSpec(outages: BenchRecord["outages"]): TopLevelSpec {
  const kinds = Object.entries(outages);
  const y = { field: "kind", type: "nominal", title: null, sort: kinds.map(([kind]) => kind) } as const;
  const x = (field: string) => ({
    field,
    type: "quantitative" as const,
    scale: { type: "symlog" as const, constant: 10 },
    axis: { values: [0, 10, 30, 100, 300, 1000, 3000] },
    title: "outage that a client sees, ms (a dot is a round, the bar is the budget)",
  });
  return {
    ...plotStyle,
    height: { step: 28 },
    layer: [
      {
        data: { values: kinds.map(([kind, { budgetMs }]) => ({ kind, budgetMs })) },
        mark: { type: "tick", color: colors.limit, thickness: 3, size: 22 },
        encoding: { y, x: x("budgetMs") },
      },
      {
        data: {
          values: kinds.flatMap(([kind, { roundsMs }]) => roundsMs.map((outageMs) => ({ kind, outageMs }))),
        },
        mark: { type: "circle", color: colors.dot, opacity: 0.55, size: 55 },
        encoding: { y, x: x("outageMs") },
      },
    ],
  };
}

/** The plot as an SVG. */
export function outagesPlot(outages: BenchRecord["outages"]): Promise<string> {
  return plotSvg(outagesSpec(outages));
}
