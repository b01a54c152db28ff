import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { imageRecipe } from "../../../../lab/image/baseImage.ts";
import { buildOnce } from "../../../../lab/image/buildOnce.ts";
import { imageRoot } from "../../../../lab/paths.ts";
import { hostPackages } from "../../../../render/roles/roles.ts";

/** What an image for a real kernel has besides that for a lab's machine. */
const bootPackages = ["busybox-static", "initramfs-tools", "linux-image-cloud-amd64", "udev"];

/** mmdebstrap's arguments: those of a lab's image, and what belongs to a kernel. */
function boxRecipe(): string[] {
  const recipe = imageRecipe({ packages: [...hostPackages, ...bootPackages] });
  // The kernel's package makes an initramfs, which the box does not use: a small one is made sooner.
  const list = `printf 'MODULES=list\\n' > "$1/etc/initramfs-tools/conf.d/box"`;
  return [`--setup-hook=mkdir -p "$1/etc/initramfs-tools/conf.d"; ${list}`, ...recipe];
}

const own = (name: string) => join(import.meta.dirname, name);
const textOf = (path: string) => readFileSync(path, "utf8");

/** The public keys that Vagrant logs in with first: its gem has one, and newer ones have two. */
export function vagrantKeys(): string {
  const find = 'print Gem::Specification.find_by_name("vagrant").gem_dir';
  const folder = join(spawnSync("ruby", ["-e", find], { encoding: "utf8" }).stdout, "keys");
  const names = readdirSync(folder).filter((name) => name.startsWith("vagrant.pub"));
  return names.map((name) => textOf(join(folder, name)).trim()).join("\n");
}

export type BoxProvider = "virtualbox" | "libvirt";

/** Path of the box, made where it is missing: Debian 13 with the packages of every role. */
export async function boxFile(provider: BoxProvider): Promise<string> {
  const keys = vagrantKeys();
  const files = readdirSync(own("files"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .toSorted(
      (one, other) => one.parentPath.localeCompare(other.parentPath) || one.name.localeCompare(other.name),
    )
    .map((entry) => textOf(join(entry.parentPath, entry.name)));
  const scripts = ["buildBox.sh", "customizeBox.sh", "init.sh"].map((name) => textOf(own(name)));
  const content = JSON.stringify([boxRecipe(), keys, scripts, files]);
  const path = `${imageRoot}/box-${createHash("sha256").update(content).digest("hex").slice(0, 16)}`;
  await buildOnce({
    path,
    what: "a Vagrant box of Debian 13",
    script: `sh "$BOX_BUILD" "$0" "$@"`,
    args: boxRecipe(),
    env: {
      BOX: own("files"),
      BOX_BUILD: own("buildBox.sh"),
      BOX_INIT: own("init.sh"),
      LAB_CUSTOMIZE: own("customizeBox.sh"),
      VAGRANT_KEYS: keys,
    },
  });
  return join(path, `${provider}.box`);
}
