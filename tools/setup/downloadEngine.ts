import { join } from "node:path";
import { engineVersion } from "../engine/version.ts";
import { runWhileItSpeaks } from "./runWhileItSpeaks.ts";

const launcher = join(import.meta.dirname, "../../node_modules/pulumi/run.js");

/** Lets the npm package `pulumi` download the CLI as it does for everyone; gives up after 20 s without progress. */
export async function downloadEngine(): Promise<void> {
  await runWhileItSpeaks(process.execPath, [launcher, "version"], {
    silenceMs: 20_000,
    env: { PULUMI_VERSION: engineVersion, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
}
