import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { unpackedPackages } from "../../../tools/unpackedPackages.ts";

export interface OpensshServer {
  executable: string;
  env: Record<string, string>;
  /** Lines that `sshd_config` needs where the server is not at its usual path. */
  configLines: string[];
}

/** The installed server, or the distribution's package with the libraries that may not be installed. */
export async function opensshServer(): Promise<OpensshServer> {
  if (existsSync("/usr/sbin/sshd")) return { executable: "/usr/sbin/sshd", env: {}, configLines: [] };
  const root = await unpackedPackages("openssh-server", [["openssh-server"], ["libwrap0"], ["libwtmpdb0"]]);
  const libraries = await readdir(join(root, "usr/lib"));
  const helpers = {
    SshdSessionPath: join(root, "usr/lib/openssh/sshd-session"),
    SshdAuthPath: join(root, "usr/lib/openssh/sshd-auth"),
  };
  return {
    executable: join(root, "usr/sbin/sshd"),
    env: { LD_LIBRARY_PATH: libraries.map((name) => join(root, "usr/lib", name)).join(":") },
    configLines: Object.entries(helpers)
      .filter(([, path]) => existsSync(path))
      .map(([keyword, path]) => `${keyword} ${path}`),
  };
}
