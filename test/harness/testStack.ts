import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { stringify } from "yaml";
import { plainConfig, shippedStack, stackFile } from "../../cli/config/stackConfig.ts";
import type { Changes } from "../../cli/engine/engineUp.ts";
import { openStack } from "../../cli/engine/openStack.ts";
import { outputsOf } from "../../cli/engine/outputs.ts";
import { rollOut } from "../../cli/rollOut.ts";
import { type Home, openHome, root } from "../../cli/session/home.ts";
import { removeLab } from "../../cli/targets/lab/lab.ts";
import type { StackOutputs } from "../../contract/stackOutputs.ts";
import { parseTopology } from "../../topology/parse.ts";
import { splitSecrets } from "../../topology/secrets/givenSecrets.ts";
import type { Topology } from "../../topology/topology.ts";

/** Changes to the shipped lab stack's config: top-level keys, and keys of its one pair. */
export interface Change {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly pair?: Readonly<Record<string, unknown>>;
}

export interface PreparedStack {
  readonly home: Home;
  /** The config file of the last `open`. */
  readonly configFile: string;
  /** Opens the stack with the lab's config and these changes, without an operation on it. */
  open(change?: Change): Promise<{ readonly stack: Stack; readonly topology: Topology }>;
  /** Rolls the lab's config with these changes out. */
  configure(change?: Change): Promise<{ readonly topology: Topology; readonly changes: Changes }>;
  outputs(): Promise<StackOutputs>;
  /** Removes the stack, its lab and its state. */
  destroy(): Promise<void>;
}

export interface TestStack extends PreparedStack {
  readonly topology: Topology;
}

/**
 * The shipped lab stack under another name, with other loopback ports and another state folder, so that it runs beside
 * the user's lab. `slot` (1 to 9) keeps the ports of test files apart.
 */
export async function preparedStack(name: string, slot: number): Promise<PreparedStack> {
  const folder = join(root, ".hapair", "test", name);
  // Removes what a killed run left under this name.
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
  const home = openHome(folder);
  const configFile = join(folder, "stack.yaml");
  const ports = {
    sshPort: 2300 + slot * 10,
    sqlPort: 15500 + slot,
    statsPort: 18500 + slot,
    socksPort: 17900 + slot * 10,
  };

  const open = async ({ config, pair }: Change = {}) => {
    const shipped = plainConfig(stackFile(shippedStack));
    const [first] = Array.isArray(shipped.pairs) ? shipped.pairs : [];
    const lab = { ...Object(shipped.lab), name, ...ports };
    const merged = { ...shipped, lab, ...config, pairs: [{ ...first, ...pair }] };
    const keys = Object.entries(merged).map(([key, value]) => [`hapair:${key}`, value]);
    writeFileSync(configFile, stringify({ config: Object.fromEntries(keys) }));
    return {
      topology: parseTopology(splitSecrets(merged).config),
      stack: await openStack(home, shippedStack, configFile),
    };
  };
  return {
    home,
    configFile,
    open,
    configure: async (change) => {
      const { stack, topology } = await open(change);
      const changes = await rollOut(Promise.resolve(stack), topology);
      return { topology, changes };
    },
    outputs: () => outputsOf(home, shippedStack),
    destroy: async () => {
      const { stack } = await open();
      await stack.destroy();
      await removeLab(name);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A prepared stack after its first roll-out. */
export async function testStack(name: string, slot: number, change?: Change): Promise<TestStack> {
  const prepared = await preparedStack(name, slot);
  try {
    const { topology } = await prepared.configure(change);
    return { ...prepared, topology };
  } catch (error) {
    await removeLab(name);
    throw error;
  }
}
