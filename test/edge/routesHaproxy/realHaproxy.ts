import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ask } from "../../../agent/haproxy/runtime.ts";
import { messageOf } from "../../../base/failure.ts";
import { waitFor } from "../../../base/waitFor.ts";
import { baseImage } from "../../../lab/image/baseImage.ts";
import { renderShown } from "../../../render/bundle.ts";
import { hostPackages } from "../../../render/roles/roles.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { edgePair } from "../../harness/edgePair.ts";
import { freePort } from "../../harness/freePort.ts";
import { labWithPair } from "../../unit/fixtures.ts";

/** `$0` is the folder, which has the same path inside; `$1` the image. */
const script = `set -eu
folder=$0 image=$1
shift
mount -t tmpfs tmpfs "$folder/layer"
mkdir "$folder/layer/upper" "$folder/layer/work"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$folder/layer/upper,workdir=$folder/layer/work" "$folder/root"
mkdir -p "$folder/root$folder"
mount --bind "$folder" "$folder/root$folder"
mount -t proc proc "$folder/root/proc"
exec chroot "$folder/root" /usr/sbin/haproxy -W -S "$folder/master.sock" -f "$folder/haproxy.cfg"
`;

const probeHeader = "x-hapair-probe";

/** What the edge does with its map, written as there, without what it does besides. */
const config = (folder: string, ports: { readonly edge: number; readonly probe: number }) => `
global
    stats socket ${folder}/operator.sock mode 660 level operator
    stats socket ${folder}/admin.sock mode 600 level admin
    hard-stop-after 30s
defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 3s
    timeout http-keep-alive 10s
frontend edge
    bind 127.0.0.1:${ports.edge}
    bind 127.0.0.1:${ports.probe} name probe
    acl probing so_name -m str probe
    option idle-close-on-response
    http-request set-var(txn.host) req.hdr(host),host_only,lower
    http-request set-var(txn.host) req.hdr(${probeHeader}) if probing
    http-request set-var(txn.route) var(txn.host),map_str(opt@${folder}/routes.map)
    http-request set-var(txn.address) var(txn.route),field(2,|),ipmask(32)
    acl routed var(txn.address) -m found
    acl private var(txn.host) -m beg :
    http-request deny status 404 if private !probing or probing !private or !routed
    http-response set-header ${probeHeader} answered if probing
    http-request set-var(txn.further) var(txn.route),field(11,|,0)
    http-request set-var(txn.number) var(txn.further),field(1,|)
    http-request set-var(txn.balanced) str(edge-balanced),concat(,txn.number) if { var(txn.number),length gt 0 }
    use_backend %[var(txn.balanced)] if { var(txn.balanced) -m found } { var(txn.balanced),nbsrv gt 0 }
    default_backend plain
backend plain
    retries 1
    http-request set-dst var(txn.address)
    http-request set-dst-port var(txn.route),field(3,|)
    server target 0.0.0.0:0
${balancedSections()}`;

/** The edge's own backends for routes with several targets. */
function balancedSections(): string {
  const topology = parseTopology(labWithPair(edgePair));
  const node = hostsOf(topology).find(({ name }) => name === "haproxy1");
  const text = node && renderShown(topology, node)["etc/haproxy/haproxy.cfg"];
  const begin = text?.indexOf("defaults edge-balanced") ?? -1;
  if (text === undefined || begin < 0) throw new Error("haproxy.cfg has no section defaults edge-balanced");
  return text.slice(begin).replaceAll("    log global\n", "");
}

/** HAProxy 3.0 out of the lab's image, with files and sockets in a folder of its own, on loopback. */
export class RealHaproxy {
  readonly folder: string;
  readonly mapFile: string;
  readonly ports: { readonly edge: number; readonly probe: number };
  readonly probe: { readonly address: string; readonly port: number; readonly header: string };
  readonly #image: string;
  #process: ChildProcess | undefined;
  #said = "";

  private constructor(folder: string, image: string, ports: RealHaproxy["ports"]) {
    this.folder = folder;
    this.mapFile = `${folder}/routes.map`;
    this.ports = ports;
    this.probe = { address: "127.0.0.1", port: ports.probe, header: probeHeader };
    this.#image = image;
  }

  /** @param configOf text of its configuration; default: that of the edge, in short */
  static async make(configOf = config): Promise<RealHaproxy> {
    const folder = mkdtempSync(join(tmpdir(), "hapair-haproxy-"));
    const image = await baseImage({ packages: [...hostPackages], user: "admin" });
    const haproxy = new RealHaproxy(folder, image, { edge: await freePort(), probe: await freePort() });
    for (const name of ["layer", "root"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "haproxy.cfg"), configOf(folder, haproxy.ports));
    try {
      await haproxy.start();
    } catch (error) {
      await haproxy.remove();
      throw error;
    }
    return haproxy;
  }

  get socket(): string {
    return `${this.folder}/operator.sock`;
  }

  /** Sockets as root has them. */
  get adminSocket(): string {
    return `${this.folder}/admin.sock`;
  }

  get masterSocket(): string {
    return `${this.folder}/master.sock`;
  }

  async start(): Promise<void> {
    const child = spawn(
      "unshare",
      ["--mount", "--propagation", "private", "sh", "-c", script, this.folder, this.#image],
      {
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (part) => {
        this.#said += part;
      });
    this.#process = child;
    const answer = await waitFor(15_000, () =>
      child.exitCode === null ? this.info().catch(() => undefined) : "",
    );
    if (!answer) throw new Error(`HAProxy has not started: ${this.#said}`);
  }

  info(): Promise<string> {
    return ask(this.socket, "show info", { timeoutMs: 1000 });
  }

  /** Leaves the worker that serves so many bytes of memory; any number by default. */
  async limitMemory(bytes?: number): Promise<void> {
    const pid = /^Pid: (\d+)$/m.exec(await this.info())?.[1] ?? "";
    const limit = async (to: string) => {
      await execa("prlimit", ["--pid", pid, `--data=${to}:`]);
    };
    if (bytes === undefined) return limit("unlimited");
    const [, kilobytes = ""] =
      /^VmData:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    const now = Number(kilobytes) * 1024;
    await limit(String(now));
    await this.#useUpFreed();
    await limit(String(now + bytes));
  }

  /** Fills what the worker has, and does not use: with a version of its map that nobody will put in place. */
  async #useUpFreed(): Promise<void> {
    const ofAdministrator = (command: string, payload = "") =>
      ask(this.adminSocket, command, { timeoutMs: 5000, ...(payload !== "" && { payload }) });
    const version = /\d+/.exec(await ofAdministrator(`prepare map ${this.mapFile}`))?.[0] ?? "";
    // Each thread has memory of its own, and another one may answer the next time.
    for (let filled = 0, full = 0; full < 8; filled += 1) {
      const lines = Array.from({ length: 40 }, (_, line) => `filled${filled}-${line} ${"x".repeat(100)}`);
      const add = ofAdministrator(`add map @${version} ${this.mapFile}`, `${lines.join("\n")}\n`);
      const words = await add.catch(messageOf);
      full = words.trim() === "" ? 0 : full + 1;
    }
  }

  /** As somebody else does it: another worker takes over, and nobody tells the agent. */
  async reload(): Promise<void> {
    const answer = await ask(this.masterSocket, "reload", { timeoutMs: 10_000 });
    if (!answer.startsWith("Success=1")) throw new Error(`HAProxy was not reloaded: ${answer}`);
  }

  /** Every process of it is gone at once. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const workers = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(/\s+/);
    child.kill("SIGKILL");
    for (const pid of workers.filter((pid) => pid !== "")) process.kill(Number(pid), "SIGKILL");
    await once(child, "exit");
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
