import { existsSync } from "node:fs";
import { engineExecutable, officialCommandPlugin, ownCommandPlugin } from "../engine/paths.ts";
import { commandPluginVersion } from "../engine/version.ts";
import { runWhileItSpeaks } from "./runWhileItSpeaks.ts";
import type { Step } from "./step.ts";

/** The official `command` plugin where it can be downloaded; our own stands in elsewhere. */
export const commandPlugin: Step = {
  present: () => [ownCommandPlugin],
  isDone: async () => existsSync(officialCommandPlugin),
  async run(report) {
    report(`Downloading the plugin command ${commandPluginVersion}`);
    await runWhileItSpeaks(
      engineExecutable,
      ["plugin", "install", "resource", "command", commandPluginVersion, "--non-interactive"],
      { silenceMs: 20_000, env: { PULUMI_SKIP_UPDATE_CHECK: "true" } },
    );
    if (existsSync(officialCommandPlugin)) return;
    report("The download is not reachable: hapair's own command plugin stands in");
  },
};
