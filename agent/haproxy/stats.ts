import { opening, RuntimeError } from "./runtime.ts";

/** A line of `show stat` by its fields' names, without those that are empty. */
export type StatLine = Readonly<Record<string, string | number>>;

/** `show stat` as a whole, by what its lines are of; a listener's own lines are left out. */
export interface StatLines {
  readonly frontends: readonly StatLine[];
  readonly backends: readonly StatLine[];
  readonly servers: readonly StatLine[];
}

/** Out of the CSV of `show stat`. Throws a RuntimeError where the text is none. */
export function statLines(csv: string): StatLines {
  const [head = "", ...rows] = csv.trim().split("\n");
  if (!head.startsWith("# pxname,svname,"))
    throw new RuntimeError("garbage", `haproxy's answer to "show stat" is not a table: ${opening(csv)}`);
  const names = head.replace(/^# /, "").split(",");
  const lines = rows.map((row) => lineOf(names, cellsOf(row)));
  const ofType = (type: number) => lines.filter((line) => line.type === type);
  return { frontends: ofType(0), backends: ofType(1), servers: ofType(2) };
}

function lineOf(names: readonly string[], cells: readonly string[]): StatLine {
  const line: Record<string, string | number> = {};
  for (const [at, name] of names.entries()) {
    const cell = cells[at] ?? "";
    if (name !== "" && cell !== "") line[name] = /^-?\d{1,15}$/.test(cell) ? Number(cell) : cell;
  }
  return line;
}

/** A field in quotes may have commas, and a quote in it is doubled (RFC 4180). */
function cellsOf(row: string): readonly string[] {
  return [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'),
  );
}
