import type { VagrantMachine } from "../../../../contract/vagrantMachines.ts";
import { type Finding, wrong } from "../../../doctor/finding.ts";

/** Room on this machine. */
export interface RoomLook {
  /** Memory that new processes can have. */
  readonly memoryMb: number;
  /** Where Vagrant keeps boxes. */
  readonly boxes: Folder;
  /** Where the provider keeps the machines' disks. */
  readonly disks: Folder;
}

/** The stack's machines and their box, as far as they are there. */
export interface Made {
  /** Names of machines that run. */
  readonly running: ReadonlySet<string>;
  /** Names of machines that have their disks. */
  readonly known: ReadonlySet<string>;
  readonly hasBox: boolean;
}

export interface Folder {
  readonly folder: string;
  /** Number of the file system; folders with the same share its room. */
  readonly device: number;
  readonly freeMb: number;
}

/** A box of Debian 13 as it is downloaded, and unpacked beside that. */
const boxMb = 2000;
/** A machine's copy of the box's disk, with packages and logs. */
const diskMb = 3000;

/** Room that the machines lack which do not run yet, or are not made yet. Pure. */
export function roomFindings(
  machines: readonly Pick<VagrantMachine, "name" | "memoryMb">[],
  { running, known, hasBox }: Made,
  look: RoomLook,
): readonly Finding[] {
  const starting = machines.filter(({ name }) => !running.has(name));
  const making = machines.filter(({ name }) => !known.has(name));
  const neededMb = starting.reduce((sum, { memoryMb }) => sum + memoryMb, 0);
  return [
    ...(look.memoryMb < neededMb
      ? [
          wrong(
            `this machine has ${Math.round(look.memoryMb)} MB of memory free, and ${namesOf(starting)} need ${neededMb} MB: end other programs, or lower vagrant.memoryMb`,
          ),
        ]
      : []),
    ...diskFindings([
      { ...look.boxes, neededMb: hasBox ? 0 : boxMb, use: "the box" },
      { ...look.disks, neededMb: making.length * diskMb, use: `the disks of ${namesOf(making)}` },
    ]),
  ];
}

interface Need extends Folder {
  readonly neededMb: number;
  readonly use: string;
}

/** Needs on one file system add up. */
function diskFindings(needs: readonly Need[]): readonly Finding[] {
  const devices = [...new Set(needs.map(({ device }) => device))];
  return devices.flatMap((device) => {
    const own = needs.filter((need) => need.device === device && need.neededMb > 0);
    const neededMb = own.reduce((sum, need) => sum + need.neededMb, 0);
    const freeMb = own[0]?.freeMb ?? 0;
    if (freeMb >= neededMb) return [];
    const [folders, uses] = [own.map(({ folder }) => folder), own.map(({ use }) => use)];
    return [
      wrong(
        `${[...new Set(folders)].join(" and ")}: ${Math.round(freeMb)} MB are free, and ${uses.join(" and ")} need about ${neededMb} MB: make room there`,
      ),
    ];
  });
}

const namesOf = (machines: readonly { readonly name: string }[]) =>
  machines.map(({ name }) => name).join(", ");
