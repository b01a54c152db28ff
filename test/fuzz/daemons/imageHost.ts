import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../agent/host/run.ts";
import type { Ran, RunOptions, System } from "../../../agent/host/system.ts";
import { waitFor } from "../../../base/waitFor.ts";
import { baseImage } from "../../../lab/image/baseImage.ts";
import { hostPackages } from "../../../render/roles/roles.ts";
import { mountImageRoot } from "../../harness/imageRoot.ts";

/** `$0` is the folder, which has the same path inside, `$1` the image. Ends with its input: with whoever has started it. */
const script = `set -eu
${mountImageRoot}
mount -t sysfs sysfs sys
ip link set lo up
# Which machine a host is, no config knows: this one has 90 TB, and permits any number of files.
printf 'MemTotal: %s kB\\nMemAvailable: %s kB\\n' 90000000000 90000000000 > "$0/meminfo"
mount --bind "$0/meminfo" proc/meminfo
echo 'Max open files            1000000000                 1000000000                files' > "$0/limits"
mount --bind "$0/limits" proc/1/limits
mkdir -p ".$0/shared"
mount --bind "$0/shared" ".$0/shared"
touch "$0/shared/ready"
exec chroot . cat >/dev/null`;

/** The machines' image as a host on which daemons check files and none runs, in namespaces of its own. */
export class ImageHost implements Pick<System, "root" | "name" | "run" | "progress"> {
  readonly name = "image";
  /** A folder with the same path here and on the host. */
  readonly shared: string;
  readonly #folder: string;
  readonly #process: ChildProcess;
  #first = 0;

  private constructor(folder: string, image: string) {
    this.#folder = folder;
    this.shared = join(folder, "shared");
    const namespaces = [
      "--mount",
      "--net",
      "--propagation",
      "private",
      "--pid",
      "--fork",
      "--kill-child=SIGKILL",
    ];
    this.#process = spawn(
      "unshare",
      [...namespaces, "sh", "-c", `chmod 711 "$0"; mkdir -p "$0/shared"; ${script}`, folder, image],
      {
        stdio: ["pipe", "ignore", "inherit"],
      },
    );
  }

  static async start(): Promise<ImageHost> {
    const image = await baseImage({ packages: [...hostPackages], user: "admin" });
    const host = new ImageHost(mkdtempSync(join(tmpdir(), "hapair-fuzz-")), image);
    const isReady = await waitFor(20_000, async () => existsSync(join(host.shared, "ready")) || undefined);
    if (!isReady) throw new Error("the image's root was not mounted within 20 s");
    const { pid } = host.#process;
    host.#first = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
    return host;
  }

  get root(): string {
    return `/proc/${this.#first}/root`;
  }

  run(command: string, args: readonly string[], options?: RunOptions): Promise<Ran> {
    const into = ["--target", String(this.#first), "--mount", "--net", "--pid", "--"];
    return run("nsenter", [...into, "chroot", join(this.#folder, "root"), command, ...args], options);
  }

  /** Has an interface of this name, as keepalived looks for it. */
  async interface(name: string): Promise<void> {
    const made = await this.run("sh", [
      "-c",
      'test -e "/sys/class/net/$0" || ip link add name "$0" type bridge',
      name,
    ]);
    if (made.status !== 0) throw new Error(`no interface can be called ${name}: ${made.stderr}`);
  }

  progress(): void {}

  async stop(): Promise<void> {
    this.#process.stdin?.end();
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await once(this.#process, "exit");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
