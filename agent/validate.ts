import { badInput } from "./errors.ts";
import type { Host } from "./host.ts";
import { services } from "./services/services.ts";
import type { Layout } from "./store/layout.ts";
import type { KnownBundle } from "./store/readBundle.ts";
import { bundleFolder } from "./store/stage.ts";

/** Lets every daemon's own checker judge the staged files; all complaints in one error. */
export async function validate(host: Host, layout: Layout, known: KnownBundle): Promise<void> {
  const folder = bundleFolder(layout, known.sha);
  const complaints = await Promise.all(
    services.map(async (service) => {
      const found = await service.complaint?.({ host, folder, files: known.bundle.files });
      return found === undefined ? [] : [`${service.name}:\n  ${found.trim().replaceAll("\n", "\n  ")}`];
    }),
  );
  const all = complaints.flat();
  if (all.length > 0)
    throw badInput(
      `the bundle does not pass its daemons' own checks, nothing was changed\n${all.join("\n")}`,
    );
}
