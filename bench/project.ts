import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import * as z from "zod";
import { Failure } from "../base/failure.ts";
import { plainConfig, shippedStack } from "../cli/config/stackConfig.ts";
import { outputsOf } from "../cli/engine/outputs.ts";
import { openHome, root } from "../cli/session/home.ts";
import { removeLab } from "../cli/targets/lab/lab.ts";
import type { StackOutputs } from "../contract/stackOutputs.ts";
import { parseTopology } from "../topology/parse.ts";
import type { Topology } from "../topology/topology.ts";

/** What is not copied: state, what npm and the build make, and results. */
const leftOut = new Set([".git", ".hapair", "node_modules", "dist", "bench"]);

const ShippedConfig = z.object({
  config: z.looseObject({
    "hapair:pairs": z.tuple([z.looseObject({ pool: z.looseObject({}) })]),
    "hapair:lab": z.looseObject({}),
  }),
});

export interface BenchProjectOptions {
  readonly lab: string;
  /** Keeps the loopback ports of labs apart. */
  readonly slot: number;
  /** For a copy in which nothing has been installed. */
  readonly withoutPackages?: boolean;
  /** Where caches are, for a run that must find none. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A copy of this project with a lab of its own, driven by the very commands that a user runs: their time is what the
 * bench measures, and a user's lab stays untouched.
 */
export class BenchProject {
  readonly lab: string;
  readonly folder: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #slot: number;

  private constructor(folder: string, { lab, slot, env }: BenchProjectOptions) {
    this.folder = folder;
    this.lab = lab;
    this.#slot = slot;
    // A copy's commands keep their own compiled code and state, as a clone's do.
    this.#env = { NODE_COMPILE_CACHE: undefined, HAPAIR_HOME: undefined, ...env };
  }

  /** Copies the project; whatever a killed run left behind under this name goes first. */
  static async make(options: BenchProjectOptions): Promise<BenchProject> {
    const project = new BenchProject(join(root, ".hapair/test", options.lab), options);
    await project.remove();
    mkdirSync(project.folder, { recursive: true, mode: 0o700 });
    for (const entry of readdirSync(root)) {
      if (!leftOut.has(entry)) cpSync(join(root, entry), join(project.folder, entry), { recursive: true });
    }
    if (!options.withoutPackages)
      symlinkSync(join(root, "node_modules"), join(project.folder, "node_modules"));
    project.configure({});
    return project;
  }

  /** The stack's config: the shipped one with the lab's own name and ports, and these settings of its HAProxy. */
  configure(haproxy: Readonly<Record<string, number>>): void {
    const { config } = ShippedConfig.parse(parse(readFileSync(join(root, "stacks/Pulumi.lab.yaml"), "utf8")));
    const [pair] = config["hapair:pairs"];
    const slot = this.#slot;
    const lab = {
      ...config["hapair:lab"],
      name: this.lab,
      sshPort: 2300 + slot * 10,
      sqlPort: 15500 + slot,
      statsPort: 18500 + slot,
      socksPort: 17900 + slot * 10,
    };
    // The application server measures the poolers and PostgreSQL without the pair, too.
    const pool = { ...pair.pool, directClients: ["10.0.1.10/32"] };
    const changed = { ...config, "hapair:lab": lab, "hapair:pairs": [{ ...pair, haproxy, pool }] };
    writeFileSync(this.#stackFile, stringify({ config: changed }));
  }

  get topology(): Topology {
    return parseTopology(plainConfig(this.#stackFile));
  }

  outputs(): Promise<StackOutputs> {
    return outputsOf(openHome(join(this.folder, ".hapair")), shippedStack);
  }

  /** Runs a command as a user would. @throws Failure with its last words */
  async run(file: string, ...args: string[]): Promise<Timed> {
    const begun = performance.now();
    const result = await execa(file, args, {
      cwd: this.folder,
      env: this.#env,
      stdin: "ignore",
      reject: false,
      all: true,
    });
    const seconds = (performance.now() - begun) / 1000;
    if (result.failed) {
      const words = (result.all || result.shortMessage || "").split("\n").slice(-12).join("\n");
      throw new Failure(`${[file, ...args].join(" ")} failed in the bench's copy of the project:\n${words}`);
    }
    return { seconds, stdout: result.stdout };
  }

  /** One of the project's commands as the README has it: npm and the set-up's look at the machine are in its time. */
  command(name: string): Promise<Timed> {
    return this.run("npm", "run", "--silent", name);
  }

  /** Adds a line to a file of the copy. */
  append(path: string, line: string): void {
    const file = join(this.folder, path);
    writeFileSync(file, `${readFileSync(file, "utf8").trimEnd()}\n${line}\n`);
  }

  /** Removes lab, state and copy. */
  async remove(): Promise<void> {
    await removeLab(this.lab);
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #stackFile(): string {
    return join(this.folder, "stacks/Pulumi.lab.yaml");
  }
}

export interface Timed {
  readonly seconds: number;
  readonly stdout: string;
}
