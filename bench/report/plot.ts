import * as vega from "vega";
import * as vegaLite from "vega-lite";

/** A grey that is readable on white and on black. */
const ink = "#808080";
export const colors = { dot: "#3b82f6", other: "#a855f7", busy: "#f59e0b", limit: "#ef4444" } as const;

const text = { labelColor: ink, titleColor: ink } as const;
/** How each plot looks. */
export const plotStyle = {
  background: "transparent",
  width: 640,
  config: {
    view: { stroke: null },
    axis: {
      ...text,
      domainColor: ink,
      tickColor: ink,
      gridColor: ink,
      gridOpacity: 0.25,
      labelFontSize: 12,
      titleFontSize: 12,
    },
    legend: { ...text, labelFontSize: 12, labelLimit: 0 },
  },
} as const;

/** A plot as an SVG. */
export function plotSvg(spec: vegaLite.TopLevelSpec): Promise<string> {
  const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: "none" });
  return view.toSVG().finally(() => view.finalize());
}
