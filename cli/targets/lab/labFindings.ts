import { foreignLab } from "../../../lab/owner.ts";
import { type Finding, unknown, wrong } from "../../doctor/finding.ts";
import type { LabState } from "./lab.ts";

/** What this machine says of itself. */
export interface LabLook {
  /** Where the machines' disks are, and what is free there. */
  readonly disks: Room;
  /** The same for their base image. */
  readonly image: Room & { readonly isThere: boolean };
  /** Memory that new processes can have. */
  readonly memoryMb: number;
  /** What only root sees; absent where this user may not become root. */
  readonly asRoot?: {
    readonly state: Pick<LabState, "otherClone" | "running" | "disks">;
    /** Why no lab can be here, a sentence; undefined where one can, or the tools to find out are missing. */
    readonly trouble: string | undefined;
    /** A sentence for each loopback port that the lab cannot have. */
    readonly takenPorts: readonly string[];
  };
}

interface Room {
  readonly folder: string;
  readonly freeMb: number;
}

/** The image with the packages and the work of its build. */
const imageMb = 1500;
/** A machine's disk after a first roll-out, with room for logs. */
const diskMb = 200;
/** A machine's daemons at rest. */
const memoryMb = 150;

/**
 * Everything for which a lab would fail. Pure.
 * @param machines names of those that the config has
 */
export function labFindings(name: string, machines: readonly string[], look: LabLook): readonly Finding[] {
  const { disks, image, asRoot } = look;
  const missing = (there: ReadonlySet<string> | undefined) =>
    machines.filter((machine) => !there?.has(machine)).length;
  const starting = missing(asRoot?.state.running) * memoryMb;
  const rooms = [
    { ...image, neededMb: image.isThere ? 0 : imageMb, use: "the machines' base image" },
    { ...disks, neededMb: missing(asRoot?.state.disks) * diskMb, use: "the machines' disks" },
  ];
  return [
    ...rightsFindings(name, asRoot),
    ...rooms
      .filter(({ freeMb, neededMb }) => freeMb < neededMb)
      .map(({ folder, freeMb, neededMb, use }) =>
        wrong(
          `${folder} has ${Math.round(freeMb)} MB free, and ${use} need ${neededMb} MB: make room, or mount a larger disk there`,
        ),
      ),
    ...(look.memoryMb < starting
      ? [
          wrong(
            `this machine has ${Math.round(look.memoryMb)} MB of memory free, and the lab's machines need ${starting} MB: end other programs, or use a larger machine`,
          ),
        ]
      : []),
  ];
}

function rightsFindings(name: string, asRoot: LabLook["asRoot"]): readonly Finding[] {
  if (asRoot === undefined)
    return [
      wrong(
        "this user may not become root, and only root makes machines: run as root, or give the user sudo without a password",
      ),
      unknown(
        "only root sees whether namespaces can be made and the loopback ports are free: run this again once that is mended",
      ),
    ];
  const { state, trouble, takenPorts } = asRoot;
  return [
    ...(state.otherClone === undefined ? [] : [wrong(foreignLab(name, state.otherClone).message)]),
    ...(trouble === undefined ? [] : [wrong(trouble)]),
    ...takenPorts.map(wrong),
  ];
}
