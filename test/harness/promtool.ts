import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { findExecutable } from "../../lab/findExecutable.ts";

const cached = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "hapair/promtool");

/**
 * Path of Prometheus' checker. It comes out of Debian's package, which is not installed: that would start a server
 * on this machine.
 */
export async function promtool(): Promise<string> {
  const installed = findExecutable("promtool");
  if (installed) return installed;
  if (existsSync(cached)) return cached;
  await mkdir(dirname(cached), { recursive: true });
  const folder = await mkdtemp(`${cached}-`);
  try {
    const download = () =>
      execa("apt-get", ["-o", "APT::Sandbox::User=root", "download", "prometheus"], { cwd: folder });
    await download().catch(async () => {
      // Old lists name files that the mirror has replaced since.
      await execa("apt-get", ["update"]);
      await download();
    });
    const [archive = ""] = await readdir(folder);
    await execa("dpkg-deb", ["--extract", archive, "."], { cwd: folder });
    await cp(join(folder, "usr/bin/promtool"), `${folder}.new`);
    await rename(`${folder}.new`, cached);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return cached;
}
