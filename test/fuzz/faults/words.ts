/** What a text has to be that a person gets on a terminal. */

const longestWords = 64 * 1024;

/** @param most characters that are borne */
export function faultOfWords(text: string, most = longestWords): string | undefined {
  if (text.length > most) return `says ${text.length} characters: ${JSON.stringify(text.slice(0, 200))}`;
  const found = /[^\P{Cc}\n]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.exec(text);
  if (found === null) return undefined;
  const around = text.slice(Math.max(found.index - 100, 0), found.index + 50);
  return `says a character that no terminal should get: ${JSON.stringify(around)}`;
}
