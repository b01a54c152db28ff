import { join } from "node:path";
import * as z from "zod";
import { readIfThere } from "../../base/files.ts";
import { machineData } from "../../base/vagrantFiles.ts";
import type { VagrantBox } from "../../contract/vagrantMachines.ts";

/** What Vagrant has written down of the box that a machine was made from. */
const BoxMeta = z.looseObject({ name: z.string(), version: z.optional(z.string()) });

/** A sentence where a machine was made from another box than the config's; it keeps that one with its disk. */
export function otherBox(name: string, provider: string, wanted: VagrantBox): string | undefined {
  const text = readIfThere(join(machineData(name, provider), "box_meta"));
  return text === undefined ? undefined : boxDifference(name, BoxMeta.parse(JSON.parse(text)), wanted);
}

/** The same, of a box that is known. Pure. */
export function boxDifference(
  name: string,
  made: z.infer<typeof BoxMeta>,
  wanted: VagrantBox,
): string | undefined {
  const isSame = made.name === wanted.name && (wanted.version ?? made.version) === made.version;
  if (isSame) return undefined;
  const [old, now] = [made, wanted].map(({ name: box, version }) => [box, version].filter(Boolean).join(" "));
  return `${name} was made from the box ${old} and keeps it, although the config has ${now}: vagrant destroy -f ${name}, then this again, makes it anew without its data`;
}
