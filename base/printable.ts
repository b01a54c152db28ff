/** Texts of others, such as a config's keys or a host's words, in what a person reads on a terminal. */

/** A text in which whatever a terminal would obey, or not show, stands as `\u{1b}`. Lines stay. */
export function printable(text: string): string {
  return text.replaceAll(
    /[^\P{Cc}\n]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** Of a longer text its beginning and its end, where the remedy is. @param most characters, the gap's own apart */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const half = Math.floor(most / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}
