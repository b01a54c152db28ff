import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Bed, openBed } from "./bed/bed.ts";
import { quickBox, quickUser } from "./bed/box/quickBox.ts";
import { writeStack } from "./bed/project.ts";
import { type BedPair, bedPair, vip } from "./pair.ts";

/** A pair whose machines are containers, which boot in seconds, and that has no pool. */
export interface QuickPair extends BedPair {
  /** The SSH host key that its box brings: type, key and comment. */
  readonly boxKey: string;
  /**
   * Writes the stack's config.
   * @param nodes addresses by name
   * @param vagrant what its section has besides the box
   * @param network what its section has besides the range
   */
  configure(
    nodes: Readonly<Record<string, string>>,
    vagrant?: Readonly<Record<string, unknown>>,
    network?: Readonly<Record<string, unknown>>,
  ): void;
}

export async function openQuickPair(purpose: string): Promise<QuickPair> {
  const opened = await openBed(purpose);
  const bed = { ...opened, close: () => closeInOrder(opened) };
  const folder = join(bed.project, "..", "box");
  mkdirSync(folder);
  const { path: file, hostKey: boxKey } = await quickBox(folder);
  // In memory: an overlay may not have its upper layer on another overlay.
  await bed.run(["sh", "-c", `mkdir '${bed.vbox}/machines' && mount -t tmpfs tmpfs '${bed.vbox}/machines'`]);
  return {
    ...bedPair(bed, "virtualbox"),
    boxKey,
    configure: (nodes, vagrant = {}, network = {}) => {
      const entries = Object.entries(nodes).map(([name, address]) => ({ name, address }));
      writeStack(bed.project, "vagrant", {
        target: "vagrant",
        network: { cidr: "192.168.1.0/24", ...network },
        pairs: [{ name: "pg", vip: { address: vip }, nodes: entries }],
        vagrant: { memoryMb: 512, user: quickUser, ...vagrant, box: { file } },
      });
    },
  };
}

/** A machine that is off has removed its control group, which is this host's. */
async function closeInOrder(bed: Bed): Promise<void> {
  const { output } = await bed.start(["VBoxManage", "list", "vms"]).ended;
  for (const [, id = ""] of output.matchAll(/\{(.+)\}/g))
    await bed.start(["VBoxManage", "controlvm", id, "poweroff"]).ended;
  await bed.close();
}
