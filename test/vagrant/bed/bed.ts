import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { shellWord } from "../../../base/commands.ts";
import { root } from "../../../cli/session/home.ts";
import { pulumiHome } from "../../../tools/engine/environment.ts";
import { dockerStandIn } from "../../harness/docker/standIn.ts";
import { openNamespaces } from "./namespaces.ts";
import { copyProject } from "./project.ts";

interface Ended {
  readonly exitCode: number;
  /** What it wrote to both streams, in order. */
  readonly output: string;
  readonly seconds: number;
}

interface Running {
  /** A signal to the command and to what it started, as a terminal sends it. */
  signal(name: NodeJS.Signals): void;
  /** What it has written so far. */
  output(): string;
  readonly ended: Promise<Ended>;
}

/** A laptop of the tests' own, with a clone of the project, VirtualBox's VBoxManage and a network. */
export interface Bed {
  /** The clone. */
  readonly project: string;
  /** What the tests' VBoxManage keeps. */
  readonly vbox: string;
  /** What takes the place of some folders of this host, by their paths. */
  readonly system: string;
  /** The start of a command line that runs inside. */
  entering(): string[];
  start(argv: readonly string[], options?: RunOptions): Running;
  /** @throws where the command fails, with its output */
  run(argv: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Ends everything on the laptop, and removes it. */
  close(): Promise<void>;
}

interface RunOptions {
  /** Default: the clone. */
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly deadlineS?: number;
  readonly input?: string;
}

/** A laptop with one bridge, as libvirt needs it; VirtualBox can use that too. */
const bridged = ["br0+enp3s0=192.168.1.5/24"];

interface BedOptions {
  /** The laptop's network, as namespaces.sh has it; default a bridge at 192.168.1.5. */
  readonly links?: readonly string[];
  /** Whether it has Docker, whose containers run the daemons of a lab's image. */
  readonly docker?: boolean;
}

export async function openBed(
  purpose: string,
  { links = bridged, docker = false }: BedOptions = {},
): Promise<Bed> {
  const folder = join(root, ".hapair", "test", purpose);
  rmSync(folder, { recursive: true, force: true });
  // Users have such names, and what quotes them wrongly fails here.
  const home = join(folder, "home/Zoë");
  const project = join(home, "my pair");
  const vbox = join(folder, "vbox");
  const bin = join(folder, "bin");
  for (const path of [project, vbox, bin]) mkdirSync(path, { recursive: true });
  copyProject(project);
  shareEngine(home);
  const program = join(import.meta.dirname, "virtualbox/main.ts");
  const words = [process.execPath, program, vbox].map(shellWord);
  writeFileSync(join(bin, "VBoxManage"), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`);
  symlinkSync(process.execPath, join(bin, "node"));
  chmodSync(join(bin, "VBoxManage"), 0o755);
  const dockerFolder = join(folder, "docker");
  if (docker) await dockerStandIn(dockerFolder);
  const namespaces = await openNamespaces(folder, links);

  const own = {
    HOME: home,
    LANG: "C.UTF-8",
    DOCKER_STAND_IN: dockerFolder,
    PATH: `${dockerFolder}/bin:${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    NODE_COMPILE_CACHE: join(root, ".hapair/compile-cache"),
    VAGRANT_CHECKPOINT_DISABLE: "1",
  };
  const start: Bed["start"] = (argv, { folder = project, env = {}, deadlineS = 300, input } = {}) => {
    const [file = "", ...args] = [...namespaces.entering(folder), ...argv];
    const began = performance.now();
    const child = execa(file, args, {
      // A process group of its own, so that a signal reaches all of it.
      ...{ detached: true, all: true, reject: false, extendEnv: false, env: { ...own, ...env } },
      ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    });
    let written = "";
    child.all.on("data", (chunk: Buffer) => {
      written += chunk.toString();
    });
    const signal = (name: NodeJS.Signals) => process.kill(-Number(child.pid), name);
    const late = setTimeout(() => signal("SIGKILL"), deadlineS * 1000);
    const ended = child.then(({ exitCode, all }) => {
      clearTimeout(late);
      const seconds = (performance.now() - began) / 1000;
      return { exitCode: exitCode ?? -1, output: all ?? "", seconds };
    });
    return { signal, ended, output: () => written };
  };
  const run: Bed["run"] = async (argv, options) => {
    const ended = await start(argv, options).ended;
    if (ended.exitCode === 0) return ended;
    throw new Error(
      `${argv.join(" ")}: exit status ${ended.exitCode} after ${ended.seconds} s\n${ended.output}`,
    );
  };
  // In memory: an overlay may not have its upper layer on another overlay.
  if (docker) {
    const layers = join(dockerFolder, "containers");
    await run(["sh", "-c", `mkdir '${layers}' && mount -t tmpfs tmpfs '${layers}'`]);
  }
  return {
    ...{ project, vbox, start, run, system: join(folder, "system") },
    entering: () => namespaces.entering(project),
    close: async () => {
      await namespaces.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The engine of this machine's user in another home. */
function shareEngine(home: string): void {
  for (const name of ["versions", "plugins"]) {
    const link = join(home, ".pulumi", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(pulumiHome, name), link);
  }
}
