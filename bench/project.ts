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
import { type FreeLab, freeLab, freeLabName } from "../lab/freeLab.ts";
import { parseTopology } from "../topology/parse.ts";
import type { Topology } from "../topology/topology.ts";

/** Not copied: state, results, and what npm and the build make. */
const notCopied = new Set([".git", ".hapair", "node_modules", "dist", "bench"]);

const ShippedConfig = z.object({
  config: z.looseObject({
    "hapair:pairs": z.tuple([z.looseObject({ pool: z.looseObject({}) })]),
    "hapair:lab": z.looseObject({}),
  }),
});

export interface BenchProjectOptions {
  /** What it is for: its folder and its lab are named after it. */
  readonly purpose: string;
  /** Leaves the copy without `node_modules`. */
  readonly withoutPackages?: boolean;
  /** Environment of the commands: where caches are, for a run that must find none. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Settings of HAProxy, of VRRP, of TLS between clients and poolers, and what the shipped pair does not have. */
export interface Settings {
  readonly haproxy?: Readonly<Record<string, number>>;
  readonly vrrp?: Readonly<Record<string, number>>;
  readonly tls?: Readonly<Record<string, string>>;
  readonly edge?: Readonly<Record<string, unknown>>;
  readonly routes?: Readonly<Record<string, unknown>>;
}

/**
 * A copy of this project with a lab of its own, so that the user's lab stays untouched. It is operated by the commands
 * that a user runs: the bench measures their time.
 */
export class BenchProject {
  readonly lab: string;
  readonly folder: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #lab: FreeLab;

  private constructor(folder: string, lab: FreeLab, env: BenchProjectOptions["env"]) {
    this.folder = folder;
    this.lab = lab.name;
    this.#lab = lab;
    // The copy has compiled code and state of its own, as a clone has.
    this.#env = { NODE_COMPILE_CACHE: undefined, HAPAIR_HOME: undefined, ...env };
  }

  /** Copies the project, after removing what a killed run left behind under this name. */
  static async make(options: BenchProjectOptions): Promise<BenchProject> {
    const { purpose, env } = options;
    const folder = join(root, ".hapair/test", purpose);
    await removeProject(folder, freeLabName(purpose));
    const project = new BenchProject(folder, await freeLab(purpose), env);
    mkdirSync(project.folder, { recursive: true, mode: 0o700 });
    for (const entry of readdirSync(root)) {
      if (!notCopied.has(entry)) cpSync(join(root, entry), join(project.folder, entry), { recursive: true });
    }
    if (!options.withoutPackages)
      symlinkSync(join(root, "node_modules"), join(project.folder, "node_modules"));
    project.configure({});
    return project;
  }

  /** Writes the stack's config: the shipped one, with this lab's name and ports, and these settings. */
  configure({ haproxy = {}, tls = {}, ...sections }: Settings): void {
    const { config } = ShippedConfig.parse(parse(readFileSync(join(root, "stacks/Pulumi.lab.yaml"), "utf8")));
    const [pair] = config["hapair:pairs"];
    const lab = { ...config["hapair:lab"], ...this.#lab };
    // The application server also measures the poolers and PostgreSQL without the pair.
    const pool = { ...pair.pool, tls, directClients: ["10.0.1.10/32"] };
    const pairs = [{ ...pair, haproxy, pool, ...sections }];
    const changed = { ...config, "hapair:lab": lab, "hapair:pairs": pairs };
    writeFileSync(this.#stackFile, stringify({ config: changed }));
  }

  get config(): Readonly<Record<string, unknown>> {
    return plainConfig(this.#stackFile);
  }

  get topology(): Topology {
    return parseTopology(this.config);
  }

  outputs(): Promise<StackOutputs> {
    return outputsOf(openHome(join(this.folder, ".hapair")), shippedStack);
  }

  /** Runs a command as a user would. @throws Failure with the end of its output */
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
      const output = (result.all || result.shortMessage || "").split("\n").slice(-12).join("\n");
      throw new Failure(`${[file, ...args].join(" ")} failed in the bench's copy of the project:\n${output}`);
    }
    return { seconds, stdout: result.stdout };
  }

  /** Runs a command of the project as in the README: the time includes npm and the checks of the set-up. */
  command(name: string): Promise<Timed> {
    return this.run("npm", "run", "--silent", name);
  }

  /** Adds a line to a file of the copy. */
  append(path: string, line: string): void {
    const file = join(this.folder, path);
    writeFileSync(file, `${readFileSync(file, "utf8").trimEnd()}\n${line}\n`);
  }

  /** Removes lab, state and copy. */
  remove(): Promise<void> {
    return removeProject(this.folder, this.lab);
  }

  get #stackFile(): string {
    return join(this.folder, "stacks/Pulumi.lab.yaml");
  }
}

/** Removes the copy first: its lab belongs to it, and another clone may remove the lab only once the copy is gone. */
async function removeProject(folder: string, lab: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  await removeLab(lab);
}

export interface Timed {
  readonly seconds: number;
  readonly stdout: string;
}
