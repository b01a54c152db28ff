import * as vega from "vega";
import * as vegaLite from "vega-lite";
import type { BenchRecord } from "./record.ts";

/** A grey that is readable on white and on black. */
const ink = "#808080";
const dot = "#3b82f6";
const limit = "#ef4444";

/** By kind of drill, a dot per round and a tick for the budget. The axis is symlog: a logarithm has no 0 ms. */
function outagesSpec(outages: BenchRecord["outages"]): vegaLite.TopLevelSpec {
  const kinds = Object.entries(outages);
  const y = { field: "kind", type: "nominal", title: null, sort: kinds.map(([kind]) => kind) } as const;
  const x = (field: string) => ({
    field,
    type: "quantitative" as const,
    scale: { type: "symlog" as const, constant: 10 },
    axis: { values: [0, 10, 30, 100, 300, 1000, 3000] },
    title: "outage that a client sees, ms (a dot is a round, the bar is the budget)",
  });
  const text = { labelColor: ink, titleColor: ink, domainColor: ink, tickColor: ink } as const;
  return {
    background: "transparent",
    width: 640,
    height: { step: 28 },
    config: {
      view: { stroke: null },
      axis: { ...text, gridColor: ink, gridOpacity: 0.25, labelFontSize: 12, titleFontSize: 12 },
    },
    layer: [
      {
        data: { values: kinds.map(([kind, { budgetMs }]) => ({ kind, budgetMs })) },
        mark: { type: "tick", color: limit, thickness: 3, size: 22 },
        encoding: { y, x: x("budgetMs") },
      },
      {
        data: {
          values: kinds.flatMap(([kind, { roundsMs }]) => roundsMs.map((outageMs) => ({ kind, outageMs }))),
        },
        mark: { type: "circle", color: dot, opacity: 0.55, size: 55 },
        encoding: { y, x: x("outageMs") },
      },
    ],
  };
}

/** The plot as an SVG. */
export function outagesPlot(outages: BenchRecord["outages"]): Promise<string> {
  const view = new vega.View(vega.parse(vegaLite.compile(outagesSpec(outages)).spec), { renderer: "none" });
  return view.toSVG().finally(() => view.finalize());
}
