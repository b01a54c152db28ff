import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { shellWord } from "../../../base/commands.ts";
import { readIfThere } from "../../../base/files.ts";
import { waitWhile } from "../../../base/waitFor.ts";
import { HostReport } from "../../../contract/hostStatus.ts";
import { laptopVariable } from "../../../contract/laptop.ts";
import type { HostBundle } from "../../../render/bundle.ts";
import { renderLaptop } from "../../../render/laptop.ts";
import { secretsOf } from "../../../render/secrets.ts";
import { authority } from "../topology/poolFixtures.ts";
import { type laptopConfig, laptopTopology } from "./laptopFixtures.ts";

/** Every secret of {@link laptopBundle}. */
export const secretTexts = ["database-password", "probe-password", "stats-password", "poolers-key"];

const secrets = secretsOf(
  { database: "database-password", probe: "probe-password", stats: "stats-password" },
  { certificates: { poolers: { key: "poolers-key", certificate: authority, authority } } },
);

export function laptopBundle(...config: Parameters<typeof laptopConfig>): HostBundle {
  return renderLaptop(laptopTopology(...config).laptop, secrets);
}

interface Call {
  readonly args: readonly string[];
  readonly input: string;
}

/** The laptop's program in a folder of its own, with a stand-in for `docker` (`dockerProgram.ts`). */
export class Laptop {
  readonly root = mkdtempSync(join(tmpdir(), "hapair laptop ü "));
  /** Of the compose file. */
  readonly folder = join(this.root, "vagrant");
  readonly #standIn = join(this.root, "docker");

  constructor() {
    for (const path of [this.folder, this.#standIn]) mkdirSync(path);
    const program = join(import.meta.dirname, "dockerProgram.ts");
    const script = `#!/bin/sh\nexec ${[process.execPath, program].map(shellWord).join(" ")} "$@"\n`;
    writeFileSync(join(this.#standIn, "docker"), script);
    chmodSync(join(this.#standIn, "docker"), 0o755);
  }

  /** What the stand-in says and does: see there. */
  machine(like: Readonly<Record<string, string>>): void {
    writeFileSync(join(this.#standIn, "machine.json"), JSON.stringify(like));
  }

  /** Starts the program; `input` is its standard input. */
  start(verb: readonly string[], input = "", folder = this.folder) {
    const program = join(import.meta.dirname, "../../../laptop/main.ts");
    return execa(process.execPath, [program, ...verb, "--folder", folder], {
      input,
      reject: false,
      env: {
        ...this.env,
        // Of another project, which is not meant.
        COMPOSE_PROJECT_NAME: "another",
      },
    });
  }

  /** In which the stand-in is found, and this folder by a program that is started without its option. */
  get env(): Readonly<Record<string, string>> {
    return {
      PATH: [this.#standIn, process.env.PATH].join(delimiter),
      DOCKER_STAND_IN: this.#standIn,
      [laptopVariable]: this.folder,
    };
  }

  apply({ text, sha256 }: HostBundle, folder = this.folder) {
    return this.start(["apply", "-", "--sha256", sha256], text, folder);
  }

  async status(): Promise<HostReport> {
    return HostReport.parse(JSON.parse((await this.start(["status"])).stdout));
  }

  /** Every call of `docker` so far. */
  calls(): readonly Call[] {
    return readFileSync(join(this.#standIn, "calls.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Call);
  }

  /** The id of each container by its service, whichever clone has it. */
  containers(project?: string): Readonly<Record<string, string>> {
    const all = this.#state().containers.filter((one) => project === undefined || one.project === project);
    return Object.fromEntries(all.map(({ service, id }) => [service, id]));
  }

  projects(): readonly string[] {
    return [...new Set(this.#state().containers.map(({ project }) => project))];
  }

  volumes(): readonly string[] {
    return this.#state().volumes.map(({ name }) => name);
  }

  /** Ends a container, as `docker rm --force` does. */
  lose(service: string): void {
    const state = this.#state();
    const containers = state.containers.filter((one) => one.service !== service);
    writeFileSync(join(this.#standIn, "state.json"), JSON.stringify({ ...state, containers }));
  }

  get hangs(): string {
    return join(this.#standIn, "hangs");
  }

  #state(): {
    readonly containers: readonly {
      readonly id: string;
      readonly project: string;
      readonly service: string;
    }[];
    readonly volumes: readonly { readonly name: string }[];
  } {
    return JSON.parse(readFileSync(join(this.#standIn, "state.json"), "utf8"));
  }

  /** @throws where a program of this laptop goes on */
  async remove(): Promise<void> {
    const left = await waitWhile(10_000, () => processesNaming(this.root)[0]);
    rmSync(this.root, { recursive: true, force: true });
    if (left !== undefined) throw new Error(`the test has left a process behind: ${left}`);
  }
}

/** Command lines of this machine's processes that have this text. */
function processesNaming(words: string): readonly string[] {
  return readdirSync("/proc").flatMap((name) => {
    const line = /^\d+$/.test(name) ? (readIfThere(`/proc/${name}/cmdline`) ?? "") : "";
    return line.includes(words) ? [line.replaceAll("\0", " ")] : [];
  });
}
