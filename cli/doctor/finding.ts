import { exitStatus } from "../../base/failure.ts";
import { results as pc } from "../session/output.ts";

/** Something that stands in the way of a roll-out, or may. */
export interface Finding {
  /**
   * `wrong`: a roll-out would fail. `unknown`: it may, since somebody did not answer. `later`: the roll-out itself looks
   * at it or mends it, before anything changes.
   */
  readonly verdict: "wrong" | "unknown" | "later";
  /** One sentence: what was found and where, then what to do. */
  readonly text: string;
}

export const wrong = (text: string): Finding => ({ verdict: "wrong", text });
export const unknown = (text: string): Finding => ({ verdict: "unknown", text });
export const later = (text: string): Finding => ({ verdict: "later", text });

/** As that of `status`: what is wrong counts more than what is unknown. */
export function exitStatusOf(findings: readonly Finding[]): number {
  const has = (verdict: Finding["verdict"]) => findings.some((finding) => finding.verdict === verdict);
  if (has("wrong")) return exitStatus.failed;
  return has("unknown") ? exitStatus.unknown : exitStatus.ok;
}

const order = ["wrong", "unknown", "later"] as const;
const marks = { wrong: pc.red("wrong"), unknown: pc.yellow("unknown"), later: pc.dim("later") };

/** What is wrong first, in the order of the findings otherwise; the last line sums it up. */
export function formatFindings(stack: string, findings: readonly Finding[]): string {
  const lines = order.flatMap((verdict) =>
    findings.filter((finding) => finding.verdict === verdict).map(({ text }) => `${marks[verdict]}: ${text}`),
  );
  return [...lines, `${stack}: ${sum(findings)}`].join("\n");
}

function sum(findings: readonly Finding[]): string {
  const count = (verdict: Finding["verdict"]) =>
    findings.filter((finding) => finding.verdict === verdict).length;
  const [wrongs, unknowns] = [count("wrong"), count("unknown")];
  if (wrongs + unknowns === 0) return pc.green("nothing is wrong");
  return [...(wrongs ? [`${wrongs} wrong`] : []), ...(unknowns ? [`${unknowns} unknown`] : [])].join(", ");
}
