/** A dashboard of Grafana, as its import takes it. */

interface Query {
  readonly expr: string;
  /** Name of a line, with labels as `{{route}}`. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** Grafana's name of the unit. */
  readonly unit: "reqps" | "percentunit" | "s" | "short" | "Bps" | "bytes" | "ops";
  readonly queries: readonly Query[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly rows: readonly Row[];
  /** What can be chosen above the panels, by name: PromQL's `label_values(…)`. */
  readonly choices: Readonly<Record<string, string>>;
}

/** Grafana's grid is 24 wide. */
const width = 8;
const height = 8;
const datasource = { type: "prometheus", uid: `\${datasource}` };

/** Text of the file. */
export function dashboardJson({ uid, title, rows, choices }: Dashboard): string {
  const chosen = Object.entries(choices).map(([name, query]) => ({
    ...{ name, type: "query", datasource, query: { query, refId: name }, refresh: 2, sort: 1 },
    ...{ multi: true, includeAll: true, allValue: ".*", current: { text: "All", value: "$__all" } },
  }));
  const model = {
    ...{ uid, title, tags: ["hapair"], schemaVersion: 39, editable: true },
    ...{ refresh: "30s", time: { from: "now-1h", to: "now" } },
    templating: {
      list: [{ name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" }, ...chosen],
    },
    panels: placed(rows),
  };
  return `${JSON.stringify(model, null, 2)}\n`;
}

/** Rows below each other, the panels of each from left to right. */
function placed(rows: readonly Row[]): readonly object[] {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    const gridPos = { x: 0, y, w: 24, h: 1 };
    panels.push({
      id: panels.length + 1,
      type: "row",
      title: row.title,
      collapsed: false,
      gridPos,
      panels: [],
    });
    y += 1;
    for (const [at, panel] of row.panels.entries()) {
      const place = { x: (at % 3) * width, y: y + Math.floor(at / 3) * height, w: width, h: height };
      panels.push({ id: panels.length + 1, ...panelModel(panel), gridPos: place });
    }
    y += Math.ceil(row.panels.length / 3) * height;
  }
  return panels;
}

function panelModel({ title, unit, queries }: Panel) {
  return {
    ...{ type: "timeseries", title, datasource },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: {
      legend: { displayMode: "list", placement: "bottom" },
      tooltip: { mode: "multi", sort: "desc" },
    },
    targets: queries.map(({ expr, legend }, at) => ({
      ...{ refId: String.fromCharCode(65 + at), datasource, expr, legendFormat: legend },
    })),
  };
}
