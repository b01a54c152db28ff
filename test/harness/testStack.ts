import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { stringify } from "yaml";
import { shippedStack } from "../../cli/config/stackConfig.ts";
import type { Changes } from "../../cli/engine/engineUp.ts";
import { openStack } from "../../cli/engine/openStack.ts";
import { outputsOf } from "../../cli/engine/outputs.ts";
import { rollOut } from "../../cli/rollOut.ts";
import { type Home, openHome, root } from "../../cli/session/home.ts";
import { removeLab } from "../../cli/targets/lab/lab.ts";
import type { StackOutputs } from "../../contract/stackOutputs.ts";
import { freeLab, freeLabName } from "../../lab/freeLab.ts";
import { parseTopology } from "../../topology/parse.ts";
import { splitSecrets } from "../../topology/secrets/givenSecrets.ts";
import type { Topology } from "../../topology/topology.ts";
import { testConfig } from "./testConfig.ts";

/** Changes to the test stack's config: top-level keys, keys of its lab, and keys of its one pair. */
export interface Change {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly lab?: Readonly<Record<string, unknown>>;
  readonly pair?: Readonly<Record<string, unknown>>;
}

export interface PreparedStack {
  readonly home: Home;
  /** Name of the lab. */
  readonly lab: string;
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
 * A stack with a config and a state of its own, and with a free lab name and free loopback ports, so that it runs beside
 * the user's lab and the tests of other clones.
 */
export async function preparedStack(purpose: string): Promise<PreparedStack> {
  const folder = join(root, ".hapair", "test", purpose);
  // Removes what a killed run left under this name.
  await removeLab(freeLabName(purpose));
  const place = await freeLab(purpose);
  rmSync(folder, { recursive: true, force: true });
  const home = openHome(folder);
  const configFile = join(folder, "stack.yaml");

  const open = async ({ config, lab: ownLab, pair }: Change = {}) => {
    const own = testConfig();
    const [first] = Array.isArray(own.pairs) ? own.pairs : [];
    const lab = { ...Object(own.lab), ...ownLab, ...place };
    const merged = { ...own, lab, ...config, pairs: [{ ...first, ...pair }] };
    const keys = Object.entries(merged).map(([key, value]) => [`hapair:${key}`, value]);
    writeFileSync(configFile, stringify({ config: Object.fromEntries(keys) }));
    return {
      topology: parseTopology(splitSecrets(merged).config),
      stack: await openStack(home, shippedStack, configFile),
    };
  };
  return {
    home,
    lab: place.name,
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
      await removeLab(place.name);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A prepared stack after its first roll-out. */
export async function testStack(purpose: string, change?: Change): Promise<TestStack> {
  const prepared = await preparedStack(purpose);
  try {
    const { topology } = await prepared.configure(change);
    return { ...prepared, topology };
  } catch (error) {
    await removeLab(prepared.lab);
    throw error;
  }
}
