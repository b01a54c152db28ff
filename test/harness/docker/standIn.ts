import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { shellWord } from "../../../base/commands.ts";
import { baseImage } from "../../../lab/image/baseImage.ts";
import { hostPackages } from "../../../render/roles/roles.ts";

/**
 * Makes a folder with a `docker` that runs the real daemons (`dockerProgram.ts`), out of the lab's image. Its containers
 * end with the process namespace in which it is called: call it in one of its own.
 * @returns the environment in which it is found
 */
export async function dockerStandIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const image = await baseImage({ packages: [...hostPackages], user: "admin" });
  for (const name of ["bin", "layer/etc", "layer/usr/bin"])
    mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "image"), image);
  for (const [file, own] of Object.entries(postgres)) {
    const lines = readFileSync(join(image, "etc", file), "utf8").split("\n");
    const kept = lines.filter((line) => !line.startsWith("postgres:") && !/^[^:]*:x:999:/.test(line));
    writeFileSync(join(folder, "layer/etc", file), [own, ...kept].join("\n"));
  }
  symlinkSync("../sbin/pgbouncer", join(folder, "layer/usr/bin/pgbouncer"));
  writeFileSync(join(folder, "layer/usr/bin/nc"), netcat, { mode: 0o755 });
  const program = [process.execPath, join(import.meta.dirname, "dockerProgram.ts")].map(shellWord).join(" ");
  writeFileSync(join(folder, "bin/docker"), `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 });
  return { PATH: [join(folder, "bin"), process.env.PATH].join(delimiter), DOCKER_STAND_IN: folder };
}

/** PostgreSQL's user in its image, 999, in place of Debian's own. */
const postgres = {
  passwd: "postgres:x:999:999::/var/lib/postgresql:/bin/sh",
  group: "postgres:x:999:",
};

/** As the poolers' image has it: `nc -z -w SECONDS HOST PORT`. */
const netcat = `#!/bin/bash\nexec timeout "$3" bash -c ': < "/dev/tcp/$0/$1"' "$4" "$5"\n`;
