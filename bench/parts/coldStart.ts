import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { status } from "../../lab/status.ts";
import type { Findings } from "../findings.ts";
import { BenchProject } from "../project.ts";
import { coldStartFigures } from "./commands.ts";

/**
 * `npm start` in a fresh clone with every cache of ours and npm's empty: packages, engine (its compiler's files too)
 * and the machines' image are made anew. What the distribution's package manager has installed stays installed.
 */
export async function measureColdStart(): Promise<Findings> {
  const lab = "bench-cold";
  const caches = `/var/tmp/hapair-${lab}`;
  rmSync(caches, { recursive: true, force: true });
  const project = await BenchProject.make({
    lab,
    slot: 8,
    withoutPackages: true,
    env: {
      PULUMI_HOME: join(caches, "pulumi"),
      XDG_CACHE_HOME: join(caches, "cache"),
      npm_config_cache: join(caches, "npm"),
    },
  });
  let image: string | null = null;
  try {
    // An image is known by its recipe: one more comment, and there is none yet.
    project.append("lab/image/customizeBase.sh", `# ${randomUUID()}`);
    console.error("npm start, cold: takes some minutes …");
    const { seconds } = await project.run("npm", "start");
    image = status(lab).base;
    console.error(`npm start, cold: ${seconds.toFixed(1)} s`);
    return { figures: coldStartFigures(seconds) };
  } finally {
    image ??= status(lab).base;
    await project.remove();
    for (const folder of [caches, ...(image ? [image, `${image}.log`] : [])])
      rmSync(folder, { recursive: true, force: true });
  }
}
