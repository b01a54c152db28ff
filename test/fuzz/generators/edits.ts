import fc from "fast-check";
import { awkwardText } from "./values.ts";

/** Edits of a text anywhere in it, as a typing error, a broken disk or a person who means harm makes them. */

interface Edit {
  /** Where, as a share of the text. */
  readonly at: number;
  /** Characters that go. */
  readonly gone: number;
  readonly comes: string;
}

function applied(text: string, { at, gone, comes }: Edit): string {
  const place = Math.floor(at * text.length);
  return text.slice(0, place) + comes + text.slice(place + gone);
}

/**
 * A good text with one to four edits.
 * @param pieces what is syntax in such a text
 */
export function edited(good: string, pieces: readonly string[]): fc.Arbitrary<string> {
  const edit: fc.Arbitrary<Edit> = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    gone: fc.constantFrom(0, 0, 1, 2, 7, 40, 400),
    comes: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...pieces) },
      { weight: 1, arbitrary: awkwardText },
    ),
  });
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => edits.reduce(applied, good));
}
