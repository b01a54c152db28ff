import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { buildOnce } from "../../../lab/image/buildOnce.ts";
import { execArgv } from "../../../lab/machine/exec.ts";
import { imageRoot } from "../../../lab/paths.ts";
import { mountImageRoot } from "../../harness/imageRoot.ts";

/** Public tools in a root of Debian 13, the same ones on whichever system the tests run. */

const tools = ["slowhttptest", "testssl.sh"];
const packages = [
  ...["bsdextrautils", "ca-certificates", "procps", "python3", "python3-pip", "python3-setuptools"],
  ...tools,
];

const recipe = [
  ...["--mode=root", "--variant=minbase", `--include=${packages.join(",")}`],
  ...['--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"'],
  ...["--dpkgopt=force-unsafe-io", "trixie"],
];

/** Folder of the root; built where it is missing. */
export async function toolsImage(): Promise<string> {
  const name = createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 16);
  const path = `${imageRoot}/tools-${name}`;
  const script = 'mmdebstrap "$@" "$0"';
  await buildOnce({ path, what: "the root with public tools", script, args: recipe, env: {} });
  return path;
}

/** `$0` is an empty folder, `$1` the image, `$2` a folder that is `/tools` inside, `$3` a line of /etc/hosts. */
const script = `set -eu
mount -t tmpfs tmpfs "$0"
tools=$2 host=$3
${mountImageRoot}
shift 3
ln -s /proc/self/fd dev/fd
mkdir tools
mount --bind "$tools" tools
printf '127.0.0.1 localhost\\n%s\\n' "$host" > etc/hosts
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec chroot . env -i PATH=$path HOME=/root LANG=C.UTF-8 TERM=dumb PYTHONPATH=/tools/sslyze "$@"`;

interface Run {
  /** Whose application server sends the traffic. */
  readonly lab: string;
  /** Name of the edge, and its address. */
  readonly host: string;
  readonly address: string;
  /** Folder with tools that are no packages of Debian. */
  readonly tools: string;
  readonly withinMs: number;
}

/** Runs a tool on a lab's application server; it has ended, or was killed, when this resolves with its output. */
export async function runTool({ lab, host, address, tools, withinMs }: Run, argv: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "hapair-tool-"));
  const [file = "", ...args] = execArgv(lab, "app", [
    ...["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=SIGKILL"],
    ...["sh", "-c", script, folder, await toolsImage(), tools, `${address} ${host}`, ...argv],
  ]);
  try {
    const { stdout, stderr, timedOut } = await execa(file, args, {
      reject: false,
      stdin: "ignore",
      timeout: withinMs,
      killSignal: "SIGKILL",
    });
    if (timedOut)
      throw new Error(
        `${argv.slice(0, 2).join(" ")} has not ended within ${withinMs} ms: ${stdout.slice(-2000)}`,
      );
    return { stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
