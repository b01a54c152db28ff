import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { HostReport } from "../../contract/hostStatus.ts";
import type { HostBundle } from "../../render/bundle.ts";
import { dockerStandIn } from "../harness/docker/standIn.ts";

const namespaces = [
  "--net",
  "--mount",
  "--propagation",
  "private",
  "--pid",
  "--fork",
  "--kill-child=SIGKILL",
];

const setUp = `set -e
mount -t proc proc /proc
ip link set lo up
ip link add lan0 type veth peer name lan1
ip address add 192.168.1.5/24 dev lan0
ip link set lan0 up
unshare --net sleep infinity & other=$!
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
ip link set lan1 netns $other
nsenter --target $other --net ip link set lan1 up
echo $other
# Reaps whatever ends in here.
while :; do sleep 1; done`;

/**
 * A laptop at 192.168.1.5 in namespaces of its own, whose `docker` runs the real daemons, and another machine on its network.
 * Everything in it ends with its first process.
 */
export class LaptopBed {
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #unshare: ChildProcess;
  /** Of its first process. */
  readonly #pid: string;
  /** Of the other machine's process, as the laptop counts. */
  readonly #other: string;
  /** Of the compose file. */
  readonly vagrant: string;

  private constructor(
    folder: string,
    env: Readonly<Record<string, string>>,
    unshare: ChildProcess,
    other: string,
  ) {
    this.#folder = folder;
    this.#env = env;
    this.#unshare = unshare;
    this.#other = other;
    this.#pid = readFileSync(`/proc/${unshare.pid}/task/${unshare.pid}/children`, "utf8").trim();
    this.vagrant = join(folder, "vagrant");
    mkdirSync(this.vagrant);
  }

  static async make(): Promise<LaptopBed> {
    const folder = mkdtempSync(join(tmpdir(), "hapair-laptop-"));
    const env = await dockerStandIn(join(folder, "docker"));
    const unshare = spawn("unshare", [...namespaces, "sh", "-c", setUp], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const other = await new Promise<string>((resolve, reject) => {
      unshare.stdout.once("data", (line) => resolve(String(line).trim()));
      unshare.once("exit", () => reject(new Error("the laptop's namespaces could not be made")));
    });
    return new LaptopBed(folder, env, unshare, other);
  }

  /** Runs a command on the laptop. */
  run(argv: readonly string[], input = "") {
    return execa("nsenter", [...this.#into, ...argv], { input, reject: false, env: this.#env });
  }

  /** Starts a command on the laptop, whose standard input stays open. */
  start(argv: readonly string[]) {
    return execa("nsenter", [...this.#into, ...argv], { stdin: "pipe", reject: false });
  }

  get #into(): readonly string[] {
    return ["--target", this.#pid, "--net", "--mount", "--pid", "--"];
  }

  /** Runs a command on the other machine, which has an address for it. */
  runAt(address: string, argv: readonly string[]) {
    const script = 'ip address flush dev lan1; ip address add "$0/24" dev lan1; exec "$@"';
    return this.run(["nsenter", "--target", this.#other, "--net", "sh", "-c", script, address, ...argv]);
  }

  /** Runs a verb of the laptop's program. */
  program(verb: readonly string[], input = "") {
    const main = join(import.meta.dirname, "../../laptop/main.ts");
    return this.run([process.execPath, main, ...verb, "--folder", this.vagrant], input);
  }

  apply({ text, sha256 }: HostBundle) {
    return this.program(["apply", "-", "--sha256", sha256], text);
  }

  async status(): Promise<HostReport> {
    return HostReport.parse(JSON.parse((await this.program(["status"])).stdout));
  }

  /** A file for a client. */
  file(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text);
    return path;
  }

  async remove(): Promise<void> {
    const ended = new Promise((resolve) => this.#unshare.once("exit", resolve));
    this.#unshare.kill("SIGKILL");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
