import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

export interface OpensshServer {
  executable: string;
  env: Record<string, string>;
  /** Lines that `sshd_config` needs where the server is not at its usual path. */
  configLines: string[];
}

const cacheFolder = join(import.meta.dirname, "../../../.hapair/openssh-server");

/** The server and its libraries that may not be installed; some exist only in one release. */
const packages = ["openssh-server", "libwrap0", "libwtmpdb0"];

/** The installed server, or the distribution's package unpacked into a cache: an installation would start a service. */
export async function opensshServer(): Promise<OpensshServer> {
  if (existsSync("/usr/sbin/sshd")) return { executable: "/usr/sbin/sshd", env: {}, configLines: [] };
  if (!existsSync(cacheFolder)) await unpack();
  const libraries = await readdir(join(cacheFolder, "usr/lib"));
  const helpers = {
    SshdSessionPath: join(cacheFolder, "usr/lib/openssh/sshd-session"),
    SshdAuthPath: join(cacheFolder, "usr/lib/openssh/sshd-auth"),
  };
  return {
    executable: join(cacheFolder, "usr/sbin/sshd"),
    env: { LD_LIBRARY_PATH: libraries.map((name) => join(cacheFolder, "usr/lib", name)).join(":") },
    configLines: Object.entries(helpers)
      .filter(([, path]) => existsSync(path))
      .map(([keyword, path]) => `${keyword} ${path}`),
  };
}

async function unpack(): Promise<void> {
  const parent = join(cacheFolder, "..");
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(parent, "openssh-server-"));
  for (const name of packages) await execa("apt-get", ["download", name], { cwd: folder, reject: false });
  const archives = (await readdir(folder)).filter((name) => name.endsWith(".deb"));
  for (const archive of archives) await execa("dpkg", ["-x", archive, "root"], { cwd: folder });
  if (!archives.some((name) => name.startsWith("openssh-server_"))) {
    throw new Error("apt-get could not download openssh-server: run apt-get update, or install it");
  }
  await rename(join(folder, "root"), cacheFolder);
  await rm(folder, { recursive: true });
}
