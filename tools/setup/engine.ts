import { rm } from "node:fs/promises";
import { execa } from "execa";
import { engineExecutable, engineRoot } from "../engine/paths.ts";
import { engineVersion } from "../engine/version.ts";
import { buildEngine } from "./buildEngine.ts";
import { downloadEngine } from "./downloadEngine.ts";
import type { Step } from "./step.ts";

/** The official Pulumi CLI, in the place where the npm package `pulumi` and the Automation API look for it. */
export const engine: Step = {
  present: () => [engineExecutable],
  isDone: isInstalled,
  async run(report) {
    report(`Downloading the Pulumi CLI ${engineVersion}`);
    await downloadEngine();
    if (await isInstalled()) return;
    // A download that broke off may have left a part behind.
    await rm(engineRoot, { recursive: true, force: true });
    report(`The download is not reachable: building the Pulumi CLI ${engineVersion} from its Go module`);
    await buildEngine(report);
  },
};

async function isInstalled(): Promise<boolean> {
  const result = await execa(engineExecutable, ["version"], { reject: false, timeout: 10_000 });
  return result.exitCode === 0 && result.stdout.trim().replace(/^v/, "") === engineVersion;
}
