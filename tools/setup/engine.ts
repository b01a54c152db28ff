import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import {
  commandPluginVersion,
  engineExecutable,
  engineRoot,
  engineVersion,
  officialCommandPlugin,
  ownCommandPlugin,
} from "../engine/environment.ts";
import { buildEngine } from "./buildEngine.ts";
import { runUntilSilent } from "./runUntilSilent.ts";
import type { Step } from "./step.ts";

/** The official Pulumi CLI, where the npm package `pulumi` and the Automation API look for it. */
export const engine: Step = {
  files: () => [engineExecutable],
  isDone: isInstalled,
  async run(report) {
    report(`Downloading the Pulumi CLI ${engineVersion}`);
    await downloadEngine();
    if (await isInstalled()) return;
    // An interrupted download may have left a part behind.
    await rm(engineRoot, { recursive: true, force: true });
    report(`The download is not reachable: building the Pulumi CLI ${engineVersion} from its Go module`);
    await buildEngine(report);
  },
};

async function isInstalled(): Promise<boolean> {
  const result = await execa(engineExecutable, ["version"], { reject: false, timeout: 10_000 });
  return result.exitCode === 0 && result.stdout.trim().replace(/^v/, "") === engineVersion;
}

const launcher = join(import.meta.dirname, "../../node_modules/pulumi/run.js");

/** Lets the npm package `pulumi` download the CLI as it does for everyone; gives up after 20 s without progress. */
async function downloadEngine(): Promise<void> {
  await runUntilSilent(process.execPath, [launcher, "version"], {
    silenceMs: 20_000,
    env: { PULUMI_VERSION: engineVersion, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
}

/** The official `command` plugin where it can be downloaded; elsewhere our own replaces it. */
export const commandPlugin: Step = {
  files: () => [ownCommandPlugin],
  isDone: async () => existsSync(officialCommandPlugin),
  async run(report) {
    report(`Downloading the plugin command ${commandPluginVersion}`);
    await runUntilSilent(
      engineExecutable,
      ["plugin", "install", "resource", "command", commandPluginVersion, "--non-interactive"],
      { silenceMs: 20_000, env: { PULUMI_SKIP_UPDATE_CHECK: "true" } },
    );
    if (existsSync(officialCommandPlugin)) return;
    report("The download is not reachable: hapair's own command plugin replaces it");
  },
};
