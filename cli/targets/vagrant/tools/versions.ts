/** Which Vagrant works with which VirtualBox. Pure. */

interface Versions {
  /** `2.4.9` */
  readonly vagrant: string;
  /** `7.0.20` */
  readonly virtualbox: string;
  readonly architecture: string;
}

/** The oldest Vagrant for a release of VirtualBox, from Vagrant's change log; of an older release any Vagrant is enough. */
export const vagrantFor: readonly (readonly [virtualbox: string, vagrant: string])[] = [
  ["7.0", "2.3.2"],
  ["7.1", "2.4.2"],
  ["7.2", "2.4.9"],
];
/** The oldest VirtualBox that Vagrant's box of Debian 13 was made for. */
export const oldestVirtualbox = "6.1";
/** Vagrant chooses a box by architecture, and VirtualBox runs ARM machines, from these on. */
const forArm = { vagrant: "2.4.0", virtualbox: "7.1.6" };

/** Why these do not work together, a sentence each. */
export function versionProblems({ vagrant, virtualbox, architecture }: Versions): readonly string[] {
  const newest = vagrantFor.at(-1)?.[0] ?? oldestVirtualbox;
  const needed = vagrantFor.findLast(([release]) => isAtLeast(virtualbox, release))?.[1];
  return [
    ...(isAtLeast(virtualbox, oldestVirtualbox)
      ? []
      : [
          `VirtualBox is ${virtualbox}, and ${oldestVirtualbox} or newer is needed: install VirtualBox ${newest}`,
        ]),
    ...(needed !== undefined && !isAtLeast(vagrant, needed)
      ? [
          `VirtualBox ${virtualbox} needs Vagrant ${needed} or newer, and this is ${vagrant}: install a newer Vagrant${vagrant.startsWith("2.3.") ? " (Debian's own stops at VirtualBox 7.0)" : ""}, or an older VirtualBox`,
        ]
      : []),
    ...(architecture === "arm64" && !isAtLeast(virtualbox, forArm.virtualbox)
      ? [`on this processor VirtualBox ${forArm.virtualbox} or newer is needed, and this is ${virtualbox}`]
      : []),
    ...(architecture === "arm64" && !isAtLeast(vagrant, forArm.vagrant)
      ? [`on this processor Vagrant ${forArm.vagrant} or newer is needed, and this is ${vagrant}`]
      : []),
  ];
}

/** Compares versions of numbers and dots. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [own, least] = [version, wanted].map((text) =>
    text.split(".").map((part) => Number.parseInt(part, 10)),
  );
  for (const [index, part] of (least ?? []).entries()) {
    const difference = (own?.[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** The version in the output of `VBoxManage --version`: its last line, such as `7.0.20r163906`; undefined without one. */
export function virtualboxVersionIn(text: string): string | undefined {
  return /^(\d+\.\d+\.\d+)/m.exec(text)?.[1];
}

/** The version in the output of `vagrant --version`: `Vagrant 2.4.9`; undefined without one. */
export function vagrantVersionIn(text: string): string | undefined {
  return /^Vagrant (\d+\.\d+\.\d+)/m.exec(text)?.[1];
}

/** What VirtualBox says of its kernel module before its version, in one sentence; undefined where all is well. */
export function moduleTrouble(text: string): string | undefined {
  if (!/vboxdrv|kernel modules? (is|are) not loaded|vboxnetflt/i.test(text)) return undefined;
  return "VirtualBox's kernel module vboxdrv is not loaded: run sudo /sbin/vboxconfig (with Debian's package: sudo modprobe vboxdrv), and sign the module where Secure Boot is on";
}
