import { createHash } from "node:crypto";
import { createReadStream, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { messageOf } from "../../../../base/failure.ts";
import type { VagrantBox, VagrantProvider } from "../../../../contract/vagrantMachines.ts";
import type { BoxLook } from "./boxFindings.ts";

/**
 * Looks for a box in Vagrant's store, and at its file where it is not there.
 * @param home folder of Vagrant's own files
 */
export async function boxLook(box: VagrantBox, provider: VagrantProvider, home: string): Promise<BoxLook> {
  const isStored = stored(box, provider, home);
  return { isStored, ...(!isStored && box.file !== undefined && { file: await fileLook(box.file) }) };
}

/** BOX/VERSION/PROVIDER, since Vagrant 2.4 with the architecture between the last two. */
function stored({ name, version }: VagrantBox, provider: VagrantProvider, home: string): boolean {
  const folder = join(
    home,
    "boxes",
    name.replaceAll(":", "-VAGRANTCOLON-").replaceAll("/", "-VAGRANTSLASH-"),
  );
  const versions = version === undefined ? foldersIn(folder) : [version];
  return versions.some((one) => {
    const inside = foldersIn(join(folder, one));
    return inside.includes(provider) || inside.some((each) => existsSync(join(folder, one, each, provider)));
  });
}

function foldersIn(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? entry.name : [],
  );
}

async function fileLook(path: string): Promise<NonNullable<BoxLook["file"]>> {
  try {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    return { sha256: hash.digest("hex") };
  } catch (error) {
    return { trouble: messageOf(error) };
  }
}
