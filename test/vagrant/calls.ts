import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

/** What VBoxManage was told, as the tests' own recorded it. */

/** The calls of a bed so far, in their order. */
export const callsIn = (vbox: string): readonly (readonly string[])[] =>
  readFileSync(join(vbox, "calls"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => z.array(z.string()).parse(JSON.parse(line)));

/**
 * Different calls, sorted; what differs from run to run is named. How often VirtualBox is asked depends on the machines'
 * speed, and some questions are asked at the same time.
 */
export function listing(calls: readonly (readonly string[])[], folder: string): string {
  const lines = calls.map((call) => call.map((word) => stable(word, folder)).join(" "));
  return `${[...new Set(lines)].toSorted().join("\n")}\n`;
}

const stable = (word: string, folder: string): string =>
  word
    .replaceAll(folder, "BED")
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replaceAll(/\d{13}_\d+/g, "TIME_NUMBER")
    // A box file's name in Vagrant's store has a hash of it.
    .replaceAll(/-[0-9a-f]{12}(?=\/)/g, "-HASH")
    // Vagrant takes the next port where one is taken.
    .replaceAll(/,22\d\d,,22$/g, ",PORT,,22");

const Manual = z.object({
  verbs: z.record(
    z.string(),
    z.object({
      section: z.string(),
      words: z.optional(z.record(z.string(), z.string())),
      options: z.optional(z.record(z.string(), z.unknown())),
    }),
  ),
});
const { verbs } = Manual.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, "bed/virtualbox/manual.json"), "utf8")),
);

/** What of a call VirtualBox's manual does not have: verbs, their sub-commands and options. */
export function notInManual([verb = "", ...argv]: readonly string[]): readonly string[] {
  const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (known === undefined) return [verb];
  const options = argv
    .filter((word) => word.startsWith("-"))
    .map((word) => word.replace(/^(--[a-z]+)[1-8]$/, "$1N"))
    .filter((word) => !Object.hasOwn(known.options ?? {}, word));
  // These have the machine before their sub-commands.
  const word = argv[["controlvm", "snapshot"].includes(verb) ? 1 : 0] ?? "";
  const words = known.words === undefined || Object.hasOwn(known.words, word) ? [] : [word];
  return [...words, ...options].map((unknown) => `${verb} ${unknown}`);
}
