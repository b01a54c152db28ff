import { unknown } from "./refusal.ts";

/** How many values each option of a verb takes; `N` at the end of a name stands for an adapter's number. */
export type Takes = Readonly<Record<string, 0 | 1>>;

export interface Given {
  readonly option: string;
  /** The adapter's number; empty where the option has none. */
  readonly adapter: string;
  readonly value: string;
}

/** Reads a verb's options in their order. @throws Refusal for one that is not among them */
export function readOptions(verb: string, argv: readonly string[], takes: Takes): readonly Given[] {
  const given: Given[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    const [, stem = word, adapter = ""] = /^(--[a-z]+)([1-8])$/.exec(word) ?? [];
    const option = Object.hasOwn(takes, `${stem}N`) ? `${stem}N` : word;
    const count = Object.hasOwn(takes, option) ? takes[option] : undefined;
    if (count === undefined) throw unknown(`the option ${word} of ${verb}`);
    if (count === 1 && at + 1 >= argv.length) throw unknown(`${word} of ${verb} without a value`);
    given.push({ option, adapter, value: count === 1 ? (argv[++at] ?? "") : "" });
  }
  return given;
}
