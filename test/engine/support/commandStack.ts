import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as automation from "@pulumi/pulumi/automation/index.js";
import {
  engineEnvironment,
  engineRoot,
  ownCommandPlugin,
  pluginHome,
} from "../../../tools/engine/environment.ts";
import { quickUp } from "./quickUp.ts";

/** A stack with its own state, run by the real engine with the command plugin under test. */
export interface CommandStack {
  /** An empty folder for the files of the stack's commands. */
  folder: string;
  preview(program: automation.PulumiFn): Promise<automation.OpMap>;
  up(program: automation.PulumiFn, options?: automation.UpOptions): Promise<CommandUp>;
  /** The error of an `up`; rejects where the `up` succeeds. */
  failedUp(program: automation.PulumiFn, options?: automation.UpOptions): Promise<string>;
  /** Of the last `up`. */
  outputs(): Promise<automation.OutputMap>;
  refresh(): Promise<automation.OpMap>;
  /** The state file's text, with encrypted secrets. */
  stored(): Promise<string>;
  /** Destroys the stack, and removes its state and folder. */
  remove(): Promise<void>;
}

interface CommandUp {
  changes: automation.OpMap;
  /** The engine's output with its status lines. */
  shown: string;
}

export async function commandStack(): Promise<CommandStack> {
  const folder = await mkdtemp(join(tmpdir(), "hapair-command-"));
  const state = await mkdtemp(join(tmpdir(), "hapair-state-"));
  const executable = resolve(process.env.HAPAIR_COMMAND_PROVIDER ?? ownCommandPlugin);
  const stack = await automation.LocalWorkspace.createStack(
    { stackName: "contract", projectName: "contract", program: async () => {} },
    {
      pulumiCommand: await automation.PulumiCommand.get({ root: engineRoot }),
      envVars: {
        ...engineEnvironment(),
        PULUMI_HOME: pluginHome(join(state, "home"), executable),
        PULUMI_BACKEND_URL: `file://${state}`,
        PULUMI_CONFIG_PASSPHRASE: "contract",
      },
    },
  );
  const run = async (program: automation.PulumiFn, options?: automation.UpOptions): Promise<CommandUp> => {
    const shown: string[] = [];
    const changes = await quickUp(stack, {
      ...options,
      program,
      onOutput: (text) => {
        shown.push(text);
        options?.onOutput?.(text);
      },
    });
    return { changes, shown: shown.join("") };
  };
  return {
    folder,
    preview: async (program) => (await stack.preview({ program })).changeSummary,
    up: run,
    failedUp: (program, options) =>
      run(program, options).then(
        () => Promise.reject(new Error("the up was expected to fail, and succeeded")),
        (error: Error) => error.message,
      ),
    outputs: () => stack.outputs(),
    refresh: async () => (await stack.refresh()).summary.resourceChanges ?? {},
    stored: () => readFile(join(state, ".pulumi/stacks/contract/contract.json"), "utf8"),
    remove: async () => {
      await stack.destroy();
      await rm(folder, { recursive: true });
      await rm(state, { recursive: true });
    },
  };
}
