import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { boxOfFileName } from "../../../components/machines/vagrant/vagrantSpec.ts";
import type { VagrantBox } from "../../../contract/vagrantMachines.ts";

/**
 * A box that comes from a file. Vagrant keeps a box by its name and would not look at a changed file again, so that one
 * without a name of its own is called after the file as it is now.
 * @param path of the file, absolute
 */
export function boxOfFile(
  box: VagrantBox,
  path: string,
): { readonly box: VagrantBox } | { readonly trouble: string } {
  const file = statSync(path, { throwIfNoEntry: false });
  if (!file?.isFile())
    return {
      trouble: `vagrant.box.file: ${path} is ${file ? "no file" : "not there"}: name a box file, relative to the project's folder or from / on`,
    };
  if (box.name !== boxOfFileName) return { box: { ...box, file: path } };
  const mark = box.checksum ?? createHash("sha256").update(`${file.size} ${file.mtimeMs}`).digest("hex");
  return { box: { ...box, name: `${box.name}-${mark.slice(0, 12)}`, file: path } };
}
