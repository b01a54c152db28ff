import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { tryLock } from "../../../base/lock.ts";
import { cacheFolder } from "../../../tools/engine/environment.ts";
import { goBuild } from "../../../tools/setup/goBuild.ts";
import { mountImageRoot } from "../../harness/imageRoot.ts";
import { toolsImage } from "./toolsRoot.ts";

/** Tools that are no packages of Debian, of exact versions with checksums: h2spec by Go, sslyze by pip. */

const h2specModule = join(import.meta.dirname, "h2spec");
const requirements = join(import.meta.dirname, "sslyze.txt");
/** As the module says. */
const goVersion = "1.19.0";

/** A folder with `h2spec`, and `sslyze` for the Python of the tools' root; made once per user. */
export async function publicTools(): Promise<string> {
  const pins = [join(h2specModule, "go.sum"), requirements].map((path) => readFileSync(path));
  const hash = createHash("sha256").update(Buffer.concat(pins)).digest("hex").slice(0, 16);
  const folder = join(cacheFolder, "public-tools", hash);
  await mkdir(join(cacheFolder, "public-tools"), { recursive: true });
  const unlock = await tryLock(`${folder}.lock`, { withinS: 300 });
  if (!unlock) throw new Error(`${folder}.lock: another process still holds it after five minutes`);
  try {
    if (!existsSync(folder)) await make(folder);
  } finally {
    unlock();
  }
  return folder;
}

async function make(folder: string): Promise<void> {
  const parts = await mkdtemp(`${folder}-`);
  try {
    const h2spec = {
      what: "h2spec",
      module: h2specModule,
      program: "github.com/summerwind/h2spec/cmd/h2spec",
      goVersion,
      linkerFlags: "",
      workFolder: join(parts, "build"),
      executable: join(parts, "h2spec"),
    };
    await goBuild(h2spec, (text) => console.error(text));
    await installSslyze(parts);
    await rename(parts, folder);
  } finally {
    await rm(parts, { recursive: true, force: true });
  }
}

/** `$0` is an empty folder, `$1` the image, `$2` the folder that is `/tools` inside; `$3` becomes a file there. */
const pipScript = `set -eu
mount -t tmpfs tmpfs "$0"
tools=$2 requirements=$3
${mountImageRoot}
mkdir tools
mount --bind "$tools" tools
cp -L "$requirements" tools/requirements.txt
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
  [ ! -e $file ] || cp -L $file .$file
done
exec chroot . python3 -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps --require-hashes \
  --no-build-isolation --target /tools/sslyze --requirement /tools/requirements.txt`;

/** By the pip of the tools' root, with what this system knows about the way to the packages. */
async function installSslyze(folder: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "hapair-pip-"));
  const script = ["sh", "-c", pipScript, root, await toolsImage(), folder, requirements];
  await execa("unshare", ["--mount", "--propagation", "private", ...script]);
  await rm(root, { recursive: true });
}
