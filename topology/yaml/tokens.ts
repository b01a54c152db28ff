import type { CST } from "yaml";

export interface PlacedToken {
  readonly token: CST.Token;
  /** Number of lists and sections that it is in. */
  readonly depth: number;
  /** The innermost of them. */
  readonly within: CST.Token | undefined;
}

/** Every token of a text, in no certain order. It has a stack of its own, because the program's could overflow. */
export function* allTokens(tokens: readonly CST.Token[]): Iterable<PlacedToken> {
  const open: PlacedToken[] = tokens.map((token) => ({ token, depth: 0, within: undefined }));
  for (let next = open.pop(); next; next = open.pop()) {
    yield next;
    const { token, depth, within } = next;
    const inside = "items" in token ? { depth: depth + 1, within: token } : { depth, within };
    for (const child of partsOf(token)) open.push({ token: child, ...inside });
  }
}

function partsOf(token: CST.Token): readonly CST.Token[] {
  if ("items" in token) return token.items.flatMap(partsOfItem);
  if (token.type === "document") return partsOfItem(token);
  return token.type === "block-scalar" ? token.props : [];
}

function partsOfItem({ start, key, sep, value }: Partial<CST.CollectionItem>): readonly CST.Token[] {
  return [...(start ?? []), key, ...(sep ?? []), value].filter((part) => part != null);
}
