import { results as pc } from "../session/output.ts";
import { type HostStatus, holdersOf } from "./ask.ts";

/** What a pair's nodes say about its virtual address. */
interface Holding {
  readonly holders: readonly string[];
  /** Nodes that do not say whether they hold it. */
  readonly silent: readonly string[];
}

/** @param nodes the pair's nodes alone */
export function holdingOf(nodes: readonly HostStatus[]): Holding {
  const silent = nodes.filter(
    ({ report }) => !report || (report.node === null && report.problems.length > 0),
  );
  return { holders: holdersOf(nodes), silent: silent.map(({ host }) => host) };
}

/** The end of a sentence that begins with the address. */
export function formatHolding({ holders, silent }: Holding): string {
  const [holder] = holders;
  if (holders.length > 1) return pc.red(`is held by ${holders.join(" and ")} at once`);
  const unknown = `${silent.join(" and ")} ${silent.length === 1 ? "is" : "are"} unknown`;
  if (holder === undefined)
    return silent.length === 0
      ? pc.red("is held by no node")
      : pc.yellow(`has an unknown holder: ${unknown}`);
  const held = `is held by ${pc.green(holder)}`;
  return silent.length === 0 ? held : `${held}, ${pc.yellow(unknown)}`;
}
