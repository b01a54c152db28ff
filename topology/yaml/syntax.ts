import type { CST } from "yaml";
import type { TextProblem } from "./problem.ts";
import { allTokens } from "./tokens.ts";

/** Levels of lists and sections in each other. A stack's config has about ten. */
export const deepest = 50;

/** The first list or section that is nested too deeply: what comes after the tokens is recursive. */
export function tooDeep(tokens: readonly CST.Token[]): readonly TextProblem[] {
  for (const { token, depth } of allTokens(tokens))
    if ("items" in token && depth === deepest)
      return [{ offset: token.offset, message: `is nested deeper than ${deepest} levels: make it flatter` }];
  return [];
}

/** Spellings that YAML 1.2 allows and Go's reader refuses, or reads otherwise. */
export function spellingProblems(text: string, tokens: readonly CST.Token[]): readonly TextProblem[] {
  const indents = [...text.matchAll(/^ *\t/gm)].map(({ index, 0: { length } }) => ({
    offset: index + length - 1,
    message: "is a tab in the indentation: write spaces",
  }));
  const spellings = [...allTokens(tokens)].flatMap(({ token, within }) => {
    const message = spellingProblem(token, within);
    return message === undefined ? [] : [{ offset: token.offset, message }];
  });
  return [...indents, ...spellings];
}

function spellingProblem(token: CST.Token, within: CST.Token | undefined): string | undefined {
  const inBrackets = within?.type === "flow-collection";
  switch (token.type) {
    case "directive":
      return "is a directive (`%…`): remove that line";
    case "anchor":
      if (/^&[\w-]+$/.test(token.source)) return undefined;
      return "is an anchor that the Pulumi CLI does not take: give it a name of letters and digits";
    case "single-quoted-scalar":
      return /^'(?:[^']|'')*'$/.test(token.source) ? undefined : unclosed;
    case "double-quoted-scalar":
      if (!/^"(?:[^"\\]|\\[\s\S])*"$/.test(token.source)) return unclosed;
      // Go's reader does not know `\/`, nor a character in two halves as in JSON.
      if (!/\\(?:\/|u[dD][89a-fA-F])/.test(token.source.replaceAll("\\\\", ""))) return undefined;
      return "has an escape that the Pulumi CLI does not know: write the character itself";
    case "scalar":
      if (token.source.includes("\t")) return "has a tab: put it in quotes, or write a space";
      if (!inBrackets || !/[?]|^:/.test(token.source)) return undefined;
      return "has a question mark or begins with a colon, between brackets: put it in quotes";
    case "space":
      return token.source.includes("\t") ? "is a tab: write a space" : undefined;
    case "explicit-key-ind":
      return "begins a key with a question mark: write the key and a colon";
    case "block-scalar":
      if (token.source === "" || token.source.endsWith("\n")) return undefined;
      return "is a block of text that ends with the file: end the file with a line break";
    case "block-map":
    case "flow-collection":
      return keyProblem(token);
    default:
      return undefined;
  }
}

/** The library takes a quote that the text escapes at its very end for the closing one. */
const unclosed = "has no closing quote: add it";

function keyProblem(token: CST.FlowCollection | CST.BlockMap): string | undefined {
  const items: readonly CST.CollectionItem[] = token.items;
  const inSquares = token.type === "flow-collection" && token.start.source === "[";
  if (inSquares && items.some(({ sep }) => sep !== undefined))
    return "has a key between square brackets: put key and value between braces";
  if (items.some(hasLongKey)) return "has a key of several lines: write key and colon on one";
  return undefined;
}

function hasLongKey({ start, key, sep = [] }: CST.CollectionItem): boolean {
  if (start.some(({ type }) => type === "explicit-key-ind")) return false;
  const beforeColon = sep.slice(
    0,
    sep.findIndex(({ type }) => type === "map-value-ind"),
  );
  const texts = [key && "source" in key ? key.source : "", ...beforeColon.map(({ source }) => source)];
  return texts.some((text) => text.includes("\n"));
}
