import type { TopLevelSpec } from "vega-lite";
import type { CurvePoint } from "../failover/curve.ts";
import { borneMs } from "../failover/judgeCurve.ts";
import { colors, plotStyle, plotSvg } from "./plot.ts";

/** What is told apart by colour. */
const series = {
  "real time": { name: "host lost, keepalived in real time", color: colors.dot },
  nice: { name: "host lost, keepalived with nice −20", color: colors.other },
  stressed: { name: "host lost under stress", color: colors.busy },
  pause: { name: "longest pause that moves nothing", color: colors.limit },
} as const;

/** By interval, a dot for each lost holder, and a line for the longest pause that is borne. */
function curveSpec(curve: readonly CurvePoint[]): TopLevelSpec {
  const all = Object.values(series);
  const names = all.map(({ name }) => name);
  const x = {
    field: "advertMs",
    type: "ordinal",
    title: "time between two adverts, ms",
    axis: { labelAngle: 0 },
    scale: { paddingInner: 0.4 },
  } as const;
  const y = { field: "ms", type: "quantitative", title: "ms" } as const;
  const color = {
    field: "series",
    type: "nominal",
    title: null,
    scale: { domain: names, range: all.map(({ color }) => color) },
    legend: { orient: "bottom", columns: 2 },
  } as const;
  return {
    ...plotStyle,
    height: 320,
    layer: [
      {
        data: {
          values: curve.flatMap(({ advertMs, pauses }) => {
            const ms = borneMs(pauses);
            return ms === undefined ? [] : [{ advertMs, ms, series: series.pause.name }];
          }),
        },
        mark: { type: "line", point: true, strokeWidth: 2 },
        encoding: { x, y, color },
      },
      {
        data: { values: curve.flatMap(lossesAt) },
        mark: { type: "circle", opacity: 0.55, size: 55 },
        encoding: { x, y, color, xOffset: { field: "series", type: "nominal", sort: names } },
      },
    ],
  };
}

function lossesAt({ advertMs, scheduling, outagesMs, stresses }: CurvePoint) {
  const dots = (values: readonly number[], { name }: { readonly name: string }) =>
    values.map((ms) => ({ advertMs, ms, series: name }));
  return [
    ...dots(outagesMs, series[scheduling]),
    ...stresses.flatMap((each) => dots(each.outagesMs, series.stressed)),
  ];
}

/** The plot as an SVG. */
export function curvePlot(curve: readonly CurvePoint[]): Promise<string> {
  return plotSvg(curveSpec(curve));
}
