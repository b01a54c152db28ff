import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { findExecutable } from "../../base/commands.ts";
import { cacheFolder } from "../../tools/engine/environment.ts";

const cached = join(cacheFolder, "promtool");

/** Packages with promtool: its own since Debian 13, the server's before. */
const packages = ["promtool", "prometheus"];

/** Path of promtool, unpacked from Debian's package if need be: an installation on Debian 12 would start a server. */
export async function promtool(): Promise<string> {
  const installed = findExecutable("promtool");
  if (installed) return installed;
  if (existsSync(cached)) return cached;
  await mkdir(dirname(cached), { recursive: true });
  const folder = await mkdtemp(`${cached}-`);
  try {
    // Old package lists name files that the mirror has replaced.
    await download(folder).catch(() => execa("apt-get", ["update"]).then(() => download(folder)));
    const [archive = ""] = await readdir(folder);
    await execa("dpkg-deb", ["--extract", archive, "."], { cwd: folder });
    await cp(join(folder, "usr/bin/promtool"), `${folder}.new`);
    await rename(`${folder}.new`, cached);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return cached;
}

async function download(folder: string): Promise<void> {
  const { stdout } = await execa("apt-cache", ["pkgnames"]);
  const known = new Set(stdout.split("\n"));
  const [name = "promtool"] = packages.filter((one) => known.has(one));
  await execa("apt-get", ["-o", "APT::Sandbox::User=root", "download", name], { cwd: folder });
}
