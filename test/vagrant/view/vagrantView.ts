import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Bed } from "../bed/bed.ts";
import type { HostAdapter } from "../bed/virtualbox/adapters.ts";

const Machine = z.object({
  name: z.string(),
  provider: z.string(),
  hostname: z.string(),
  box: z.record(z.string(), z.unknown()),
  synced: z.array(z.string()),
  networks: z.array(z.looseObject({ kind: z.string() })),
  settings: z.unknown(),
});

/** What Vagrant takes from the clone's Vagrantfile, one fact a line, by Vagrant's own classes. */
export async function vagrantView(bed: Bed): Promise<string> {
  const program = join(import.meta.dirname, "view.rb");
  const { output } = await bed.run(["ruby", program, "."], { folder: join(bed.project, "vagrant") });
  const json = output.slice(output.indexOf("[\n"));
  return z
    .array(Machine)
    .parse(JSON.parse(json))
    .map(({ name, provider, hostname, box, synced, networks, settings }) =>
      [
        `${name} (${provider}), host name ${hostname}`,
        `  box ${JSON.stringify(box)}`,
        `  synced folders ${JSON.stringify(synced)}`,
        ...networks.map(({ kind, ...options }) => `  ${kind} ${JSON.stringify(options)}`),
        ...linesOf(settings),
      ].join("\n"),
    )
    .join("\n")
    .concat("\n");
}

/** VirtualBox has a list of calls, libvirt a table. */
function linesOf(settings: unknown): string[] {
  const entries: readonly unknown[] = Array.isArray(settings) ? settings : [settings];
  return entries.map((entry) => `  ${JSON.stringify(entry)}`);
}

/** Plays these adapters of the laptop, in place of the bed's own. */
export function playAdapters({ vbox }: Bed, adapters: readonly HostAdapter[]): void {
  writeFileSync(join(vbox, "adapters.json"), JSON.stringify(adapters));
}
