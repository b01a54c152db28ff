import { boxFile } from "./box/box.ts";
import { installPackages } from "./packages.ts";

const unproven = [
  "VirtualBox's net filter driver, by which a bridged machine shares the laptop's adapter: here it is a port of a bridge",
  "Wi-Fi adapters, which send every machine's packets under the laptop's own hardware address",
  "the import of a real OVF, a disk of VirtualBox's format, and a box of Vagrant's catalogue",
  "macOS and Windows, and processors other than x86-64",
  "Docker's engine: containers are processes in a layer over a lab's image",
];

/** Runs once before the tests of this kind: what they need of this machine, and the box that their machines are made of. */
export async function setup(): Promise<void> {
  console.error("Vagrant is real here, VirtualBox and Docker are played. These tests do not prove:");
  for (const each of unproven) console.error(`  ${each}`);
  await installPackages();
  await boxFile("virtualbox");
}
