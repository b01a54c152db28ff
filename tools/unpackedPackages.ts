import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { tryLock } from "../base/lock.ts";
import { cacheFolder } from "./engine/environment.ts";

/**
 * A folder with the files of Debian packages, unpacked once per user: an installation would start their services.
 * Each list names one package by the names it has in different releases; one that this release lacks is left out.
 */
export async function unpackedPackages(name: string, packages: readonly string[][]): Promise<string> {
  const folder = join(cacheFolder, "packages", name);
  // Test files run beside each other, and two of them may want the same folder at once.
  const unlock = await tryLock(`${folder}.lock`, { withinS: 300 });
  if (!unlock) throw new Error(`${folder}.lock: another process still holds it after five minutes`);
  try {
    if (!existsSync(folder)) await unpack(folder, packages);
  } finally {
    unlock();
  }
  return folder;
}

async function unpack(folder: string, packages: readonly string[][]): Promise<void> {
  const parts = await mkdtemp(`${folder}-`);
  try {
    // Old package lists name files that the mirror has replaced.
    await download(parts, packages).catch(() =>
      execa("apt-get", ["update"]).then(() => download(parts, packages)),
    );
    const root = join(parts, "root");
    await mkdir(root);
    const archives = (await readdir(parts)).filter((file) => file.endsWith(".deb"));
    for (const archive of archives) await execa("dpkg-deb", ["--extract", archive, root], { cwd: parts });
    await rename(root, folder);
    await adoptLinks(folder);
  } finally {
    await rm(parts, { recursive: true, force: true });
  }
}

/** Makes absolute links between the packages' files point into `folder`. */
async function adoptLinks(folder: string): Promise<void> {
  const { stdout } = await execa("find", [folder, "-type", "l", "-lname", "/*", "-printf", "%p\\0%l\\0"]);
  const [...words] = stdout.split("\0");
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [link = "", target = ""] = words.slice(at, at + 2);
    if (!existsSync(join(folder, target))) continue;
    await rm(link);
    await symlink(join(folder, target), link);
  }
}

async function download(folder: string, packages: readonly string[][]): Promise<void> {
  const { stdout } = await execa("apt-cache", ["pkgnames"]);
  const known = new Set(stdout.split("\n"));
  const wanted = packages.flatMap((names) => names.find((one) => known.has(one)) ?? []);
  await execa("apt-get", ["-o", "APT::Sandbox::User=root", "download", ...wanted], { cwd: folder });
}
