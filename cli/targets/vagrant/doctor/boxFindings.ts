import type { VagrantBox } from "../../../../contract/vagrantMachines.ts";
import { type Finding, later, wrong } from "../../../doctor/finding.ts";

/** What of a box is on this machine. */
export interface BoxLook {
  /** Vagrant has it, and asks neither for its file nor for its catalogue. */
  readonly isStored: boolean;
  /** Of `vagrant.box.file`: its SHA-256, or why it cannot be read. */
  readonly file?: { readonly sha256: string } | { readonly trouble: string };
}

/** Why Vagrant would not get its box. Pure. */
export function boxFindings(box: VagrantBox, { isStored, file }: BoxLook): readonly Finding[] {
  if (isStored) return [];
  if (box.file === undefined)
    return [
      later(
        `${nameOf(box)}: Vagrant does not have this box yet, and whether its catalogue does shows the first roll-out, which downloads it; vagrant.box.file takes a file instead`,
      ),
    ];
  if (file !== undefined && "trouble" in file)
    return [
      wrong(
        `vagrant.box.file: ${box.file} cannot be read (${file.trouble}): let this user read it, or correct that key`,
      ),
    ];
  if (file === undefined || box.checksum === undefined || file.sha256 === box.checksum) return [];
  return [
    wrong(
      `vagrant.box.checksum: ${box.file} has the SHA-256 ${file.sha256}, and not ${box.checksum}: get that file again, or correct that key`,
    ),
  ];
}

function nameOf({ name, version }: VagrantBox): string {
  return version === undefined ? name : `${name} ${version}`;
}
