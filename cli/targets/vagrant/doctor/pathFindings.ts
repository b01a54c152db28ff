import { type Finding, wrong } from "../../../doctor/finding.ts";

/** Variables that say in which letters programs read paths, the one that counts most first. */
export type Locale = Readonly<Partial<Record<"LC_ALL" | "LC_CTYPE" | "LANG", string | undefined>>>;

/**
 * Whether Vagrant reads the path of its folder with the letters that this login has: its Ruby ends at once where the path
 * has others ("incompatible character encodings"). Pure.
 */
export function pathFindings(path: string, locale: Locale): readonly Finding[] {
  const letters = locale.LC_ALL || locale.LC_CTYPE || locale.LANG || "C";
  if (/^[\x20-\x7e]*$/.test(path) || /utf-?8$/i.test(letters)) return [];
  return [
    wrong(
      `${path}: has letters that Vagrant does not read with the locale ${letters}: export LC_ALL=C.UTF-8, or clone the project into a folder of plain letters`,
    ),
  ];
}
