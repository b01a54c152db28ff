import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as automation from "@pulumi/pulumi/automation/index.js";
import { parse, stringify } from "yaml";
import { shellWord } from "../../../base/commands.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { commandPluginVersion, engineEnvironment, engineRoot } from "../../../tools/engine/environment.ts";
import { type CloudResource, cloudVariable, journalOf, readCloud, writeCloud } from "./plugins/awsCloud.ts";

/** A stack on EC2 with its own state, under the real engine: AWS and the hosts are plugins that answer from a folder. */
export interface Ec2Stack {
  readonly engine: automation.Stack;
  /** Another config for the next runs. */
  configure(config: Readonly<Record<string, unknown>>): void;
  /** What was made, removed and run since the last call, a line each. */
  journal(): readonly string[];
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
  /** Private addresses of an interface in AWS. */
  addressesOf(name: RegExp): unknown;
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
  const ids = () => readdirSync(cloud).map((file) => file.replace(/\.json$/, ""));
  const found = (type: string, name: RegExp) => {
    const all = ids().map((id) => [id, readCloud(cloud, id)] as const);
    const own = all.find(([, one]) => one.type === type && name.test(one.name));
    if (own === undefined) throw new Error(`AWS has no ${type} ${name}`);
    return own;
  };
  return {
    engine: stack,
    configure,
    journal: () => {
      const file = journalOf(cloud);
      const lines = readFileSync(file, "utf8").trim().split("\n");
      rmSync(file);
      return lines;
    },
    ids,
    up: async (program, exclude = []) => {
      const { summary } = await stack.up({ program, ...(exclude.length > 0 && { exclude }) });
      return summary.resourceChanges ?? {};
    },
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
    addressesOf: (name) => found("NetworkInterface", name)[1].has.privateIps,
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
