import { prohibited, rightToLeft } from "./stringprep.ts";

/**
 * SASLprep (RFC 4013, 2.1 and 2.2) as libpq applies it to a password: non-ASCII spaces become ASCII spaces (RFC 3454,
 * C.1.2), characters that are mapped to nothing are removed (B.1), then NFKC.
 */
export function prepared(password: string): string {
  return mapped(password).normalize("NFKC");
}

function mapped(password: string): string {
  return password
    .replace(/[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g, " ")
    .replace(/\u00AD|\u034F|\u1806|[\u180B-\u180D]|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/g, "");
}

/**
 * Whether one driver of PostgreSQL logs in with a password and another does not. PostgreSQL and libpq take a password
 * that SASLprep prohibits as it is (`pg_saslprep` in their saslprep.c), node-postgres prepares it all the same. It
 * matters where preparing changes it. What Unicode 3.2 did not know is looked for before NFKC too: whether a newer
 * character is replaced depends on the Unicode version of a driver.
 */
export function driversDiffer(password: string): boolean {
  const text = prepared(password);
  if (text === password) return false;
  return text === "" || prohibited.test(mapped(password)) || prohibited.test(text) || mixesDirections(text);
}

/** ASCII without letters, Arabic digits, and marks of Hebrew, Arabic and common use: they have no direction of their own. */
const neutral =
  /^(?:[ -@[-`{-~]|[\u0660-\u0669\u06F0-\u06F9]|[\u0300-\u036F]|[\u0591-\u05C2]|[\u064B-\u0655\u0670]|[\u06D6-\u06ED])$/;

/**
 * A text with letters from right to left begins and ends with one, and has none from left to right (RFC 3454, 6). Every
 * other character counts as one of those, which is more than table D.2 has.
 */
function mixesDirections(text: string): boolean {
  const all = [...text];
  const isRightToLeft = (character: string | undefined) =>
    character !== undefined && rightToLeft.test(character);
  if (!all.some(isRightToLeft)) return false;
  return (
    !isRightToLeft(all[0]) ||
    !isRightToLeft(all.at(-1)) ||
    !all.every((character) => isRightToLeft(character) || neutral.test(character))
  );
}
