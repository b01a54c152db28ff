import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as automation from "@pulumi/pulumi/automation/index.js";
import { parse, stringify } from "yaml";
import { shellWord } from "../../../base/commands.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { commandPluginVersion, engineEnvironment, engineRoot } from "../../../tools/engine/environment.ts";
import {
  type CloudResource,
  cloudVariable,
  journalOf,
  letFail,
  listCloud,
  writeCloud,
} from "./plugins/awsCloud.ts";
import { quickUp } from "./quickUp.ts";

/** A stack on EC2 with its own state, under the real engine: AWS and the hosts are plugins that answer from a folder. */
export interface Ec2Stack {
  readonly engine: automation.Stack;
  /** Another config for the next runs. */
  configure(config: Readonly<Record<string, unknown>>): void;
  /** What was made, changed, removed and run, a line each. */
  journal(): readonly string[];
  /** The commands that fail on their hosts from now on, by name. */
  letFail(...names: readonly string[]): void;
  /** Writes a file beside the stack. @returns its path */
  write(name: string, text: string): string;
  /** Leaves the state as a run does that is killed while AWS makes a resource. */
  leavePending(type: string, name: string): void;
  /** Ids of all resources in AWS. */
  ids(): readonly string[];
  up(program: automation.PulumiFn, exclude?: string[]): Promise<automation.OpMap>;
  preview(program: automation.PulumiFn): Promise<Preview>;
  refresh(): Promise<automation.OpMap>;
  /** Changes a resource in AWS, without the engine. */
  change(
    type: string,
    name: RegExp,
    has: (before: CloudResource["has"], id: string) => CloudResource["has"],
  ): void;
  idOf(type: string, name: RegExp): string;
  /** What AWS has of a resource. */
  hasOf(type: string, name: RegExp): CloudResource["has"];
  remove(): void;
}

interface Preview {
  readonly changes: automation.OpMap;
  /** `update NetworkInterface haproxy1-10.0.1.20`, of every step that changes something, sorted. */
  readonly steps: readonly string[];
}

/** @param program for runs that name none */
export async function ec2Stack(
  config: Readonly<Record<string, unknown>>,
  program: automation.PulumiFn,
): Promise<Ec2Stack> {
  const folder = mkdtempSync(join(tmpdir(), "hapair-ec2-stack-"));
  const cloud = join(folder, "cloud");
  const [home, work, state] = ["home", "work", "state"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [cloud, home, work, state]) mkdirSync(path);
  // As a home of the operator's commands, so that they work on this stack too.
  writeFileSync(join(folder, "passphrase"), "cloud");
  placePlugin(home, "command", commandPluginVersion);
  placePlugin(home, "aws", packageJson.dependencies["@pulumi/aws"]);
  writeFileSync(join(work, "Pulumi.yaml"), stringify({ name: "hapair", runtime: "nodejs" }));
  const file = join(work, "Pulumi.cloud.yaml");
  const configure: Ec2Stack["configure"] = (config) => {
    const named = Object.entries(config).map(([key, value]) => [`hapair:${key}`, value] as const);
    // The engine keeps the salt of its secrets there.
    const { encryptionsalt } = existsSync(file) ? parse(readFileSync(file, "utf8")) : {};
    writeFileSync(file, stringify({ config: Object.fromEntries(named), encryptionsalt }));
  };
  configure(config);
  const stack = await automation.LocalWorkspace.createStack(
    { stackName: "cloud", projectName: "hapair", program },
    {
      workDir: work,
      pulumiCommand: await automation.PulumiCommand.get({ root: engineRoot }),
      envVars: {
        ...engineEnvironment(),
        PULUMI_HOME: home,
        PULUMI_BACKEND_URL: `file://${state}`,
        PULUMI_CONFIG_PASSPHRASE: "cloud",
        [cloudVariable]: cloud,
      },
    },
  );
  const found = (type: string, name: RegExp) => {
    const own = listCloud(cloud).find(([, one]) => one.type === type && name.test(one.name));
    if (own === undefined) throw new Error(`AWS has no ${type} ${name}`);
    return own;
  };
  return {
    engine: stack,
    configure,
    journal: () => readFileSync(journalOf(cloud), "utf8").trim().split("\n"),
    letFail: (...names) => letFail(cloud, names),
    write: (name, text) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    leavePending: (type, name) => {
      const path = join(state, ".pulumi/stacks/hapair/cloud.json");
      const file = JSON.parse(readFileSync(path, "utf8"));
      const resource = { urn: `urn:pulumi:cloud::hapair::${type}::${name}`, custom: true, type };
      file.checkpoint.latest.pending_operations = [{ resource, type: "creating" }];
      writeFileSync(path, JSON.stringify(file));
    },
    ids: () => listCloud(cloud).map(([id]) => id),
    up: (program, exclude = []) => quickUp(stack, { program, ...(exclude.length > 0 && { exclude }) }),
    preview: async (program) => {
      const steps: string[] = [];
      const onEvent = ({ resourcePreEvent }: automation.EngineEvent) => {
        const { op, urn } = resourcePreEvent?.metadata ?? {};
        if (urn === undefined || op === "same") return;
        steps.push(`${op} ${urn.split("::")[2]?.split(":").at(-1)} ${urn.split("::")[3]}`);
      };
      const { changeSummary } = await stack.preview({ program, onEvent });
      return { changes: changeSummary, steps: steps.sort() };
    },
    refresh: async () => (await stack.refresh()).summary.resourceChanges ?? {},
    change: (type, name, has) => {
      const [id, resource] = found(type, name);
      writeCloud(cloud, id, { ...resource, has: has(resource.has, id) });
    },
    idOf: (type, name) => found(type, name)[0],
    hasOf: (type, name) => found(type, name)[1].has,
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** The engine runs an executable of this name and place as its provider. */
function placePlugin(home: string, name: string, version: string): void {
  const folder = join(home, "plugins", `resource-${name}-v${version}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `pulumi-resource-${name}`);
  const program = join(import.meta.dirname, "plugins", `${name}Plugin.ts`);
  const command = [process.execPath, "--disable-warning=ExperimentalWarning", program]
    .map(shellWord)
    .join(" ");
  writeFileSync(file, `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(file, 0o755);
}
