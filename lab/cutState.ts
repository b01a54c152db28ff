import { rmSync } from "node:fs";
import * as z from "zod";
import { labRun } from "./paths.ts";
import { readIfThere, writeAtomically } from "./store.ts";

/** How a machine is cut off. Seen from the machine: `out` is what it sends. */
export const Cut = z.discriminatedUnion("how", [
  /** Off the bridge: a partition, the machine's link stays up. */
  z.strictObject({ how: z.literal("port") }),
  /** Cable pulled: the machine sees its carrier go. */
  z.strictObject({ how: z.literal("carrier") }),
  /** One IP protocol (by number) dropped in one direction. */
  z.strictObject({
    how: z.literal("proto"),
    proto: z.int().min(0).max(255),
    direction: z.enum(["out", "in"]),
  }),
]);
export type Cut = z.infer<typeof Cut>;

export const cutFile = (lab: string, name: string) => `${labRun(lab)}/${name}.cut.json`;

/** The cut in force; undefined where there is none. */
export function readCut(lab: string, name: string): Cut | undefined {
  const text = readIfThere(cutFile(lab, name));
  return text === undefined ? undefined : Cut.parse(JSON.parse(text));
}

export function writeCut(lab: string, name: string, cut: Cut | undefined): void {
  if (cut === undefined) rmSync(cutFile(lab, name), { force: true });
  else writeAtomically(cutFile(lab, name), JSON.stringify(cut));
}
