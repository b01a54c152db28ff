import type { Findings } from "../findings.ts";
import { isSame, type Machine } from "./machine.ts";
import type { BenchRecord } from "./record.ts";

/**
 * The record with new findings in the place of older ones of the same name, in the order in which they first came.
 * Figures of another machine compare with nothing here: they go.
 */
export function addFindings(
  record: BenchRecord | undefined,
  findings: Findings,
  machine: Machine,
  measured: string,
): BenchRecord {
  const before = record && isSame(record.machine, machine) ? record : { figures: [], outages: {}, cpu: [] };
  const dated = findings.figures.map((figure) => ({ ...figure, measured }));
  return {
    machine,
    figures: replaceBy(before.figures, dated, ({ figure }) => figure),
    outages: { ...before.outages, ...findings.outages },
    cpu: replaceBy(before.cpu, findings.cpu ?? [], ({ script, way }) => `${script}/${way}`),
  };
}

function replaceBy<Item>(
  before: readonly Item[],
  after: readonly Item[],
  key: (item: Item) => string,
): Item[] {
  return [...new Map([...before, ...after].map((item) => [key(item), item])).values()];
}
