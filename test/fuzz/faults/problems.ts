import type { ConfigError } from "../../../topology/problem.ts";
import { faultOfWords } from "./words.ts";

/** What a problem of a config that a person reads has to be. */

const longestProblem = 1000;

/** Whether each problem is one printable line that begins with where it is, and the message with them can be read. */
export function faultOfProblems({ message, problems }: ConfigError): string | undefined {
  if (problems.length === 0) return "names no problem";
  for (const problem of problems) {
    const found = faultOfSentence(problem);
    if (found !== undefined) return `${found}: ${JSON.stringify(problem.slice(0, 400))}`;
  }
  return faultOfWords(message);
}

function faultOfSentence(sentence: string): string | undefined {
  if (sentence.length > longestProblem) return `a problem has ${sentence.length} characters`;
  if (sentence.includes("\n")) return "a problem has several lines";
  if (!/^[^\s:]+.*: \S/s.test(sentence)) return "a problem does not say where it is";
  return /\bundefined\b|\[object|\bNaN\b/.test(sentence)
    ? "a problem shows how it was programmed"
    : undefined;
}
