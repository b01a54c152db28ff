import type { TextProblem } from "./problem.ts";

/** The text of a file, with a problem for each character that YAML readers take differently. */
export interface Decoded {
  readonly text: string;
  readonly problems: readonly TextProblem[];
}

/** At most so many problems of one file are named: a binary file would have thousands. */
const most = 10;

export function decode(bytes: Uint8Array): Decoded {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const broken = firstBrokenByte(bytes, text);
  if (broken !== undefined)
    return {
      text,
      problems: [{ offset: broken, message: "is a byte that is not UTF-8: save the file as UTF-8" }],
    };
  const problems = [...text.matchAll(ambiguous)].slice(0, most).map((match) => ({
    offset: match.index,
    message: `is the character ${codePoint(match[0])}, ${reasonOf(match[0])}: remove it`,
  }));
  return { text, problems };
}

/**
 * The decoder puts U+FFFD in the place of what is not UTF-8: the first one that the bytes do not have themselves.
 * @returns its offset in `text`
 */
function firstBrokenByte(bytes: Uint8Array, text: string): number | undefined {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return undefined;
  } catch {
    const again = new TextEncoder().encode(text);
    const at = again.findIndex((byte, index) => byte !== bytes[index]);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(again.subarray(0, at), { stream: true })
      .length;
  }
}

/**
 * Characters that one of the readers refuses, or takes for the end of a line where the other does not: YAML 1.1 breaks
 * lines at U+0085, U+2028 and U+2029, and a carriage return alone (YAML 1.1, 4.2; YAML 1.2.2, 5.4). A byte order mark is
 * allowed at the start.
 */
const ambiguous =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  /[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\u2028\u2029\uFFFE\uFFFF]|\r(?!\n)|(?<!^)\uFEFF/g;

function reasonOf(character: string): string {
  return /[\r\x85\u2028\u2029]/.test(character)
    ? "which ends a line for some readers of YAML and not for others"
    : "which YAML does not allow everywhere";
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
