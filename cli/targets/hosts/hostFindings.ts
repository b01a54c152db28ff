import type { HostAnswer } from "../../../components/machines/hosts/facts.ts";
import type { Host } from "../../../topology/hosts.ts";
import { postgresMachineOf } from "../../../topology/pool.ts";
import { type Finding, unknown, wrong } from "../../doctor/finding.ts";
import type { HostLook } from "./look.ts";
import { placesOf } from "./places.ts";

/** A look, and when it was asked for and answered on this machine, ms since 1970. */
export interface TimedLook {
  readonly look: HostLook;
  readonly begunMs: number;
  readonly endedMs: number;
}

/** Certificates begin when they are made, and the hosts' logs are compared by time. */
const clockLimitMs = 5_000;
/** The packages of a host, with their download, and its first logs. */
const neededDiskMb = 1000;
/** The daemons of a host without PostgreSQL's buffers, and apt. */
const neededMemoryMb = 256;

/**
 * What is wrong with one host beside its facts. A host that has a live bundle is judged by its status, so that only its
 * clock and what it connects to count.
 */
export function hostFindings(
  host: Host,
  { delivered }: Pick<HostAnswer, "delivered">,
  timed: TimedLook,
): readonly Finding[] {
  const { look } = timed;
  const findings = [
    ...clockFindings(timed),
    ...(delivered ? [] : roomFindings(host, look)),
    ...reachFindings(host, look),
  ];
  return findings.map((finding) => ({ ...finding, text: `${host.name}: ${finding.text}` }));
}

/** Its clock was read somewhere between question and answer. */
function clockFindings({ look, begunMs, endedMs }: TimedLook): readonly Finding[] {
  const ahead = Math.max(0, look.timeMs - endedMs) - Math.max(0, begunMs - look.timeMs);
  if (Math.abs(ahead) <= clockLimitMs) return [];
  const seconds = Math.round(Math.abs(ahead) / 1000);
  return [
    wrong(
      `its clock is ${seconds} s ${ahead > 0 ? "ahead of" : "behind"} this machine's: let both follow a time server (timedatectl set-ntp true)`,
    ),
  ];
}

function roomFindings(host: Host, { disks, memoryMb }: HostLook): readonly Finding[] {
  const devices = new Map(disks.toReversed().map((disk) => [disk.device, disk]));
  const full = [...devices.values()].filter(({ freeMb }) => freeMb < neededDiskMb);
  const buffersMb =
    host.role === "pool" && postgresMachineOf(host.pool)?.name === host.name
      ? host.pool.postgres.sharedBuffersMb
      : 0;
  const needed = neededMemoryMb + buffersMb;
  return [
    ...full.map(({ folder, freeMb }) =>
      wrong(
        `${folder} has ${Math.round(freeMb)} MB free, and packages, bundles and logs need ${neededDiskMb} MB: make room`,
      ),
    ),
    ...(memoryMb < needed
      ? [
          wrong(
            `${Math.round(memoryMb)} MB of its memory are free, and its daemons need ${needed} MB: end other programs, or choose a larger machine`,
          ),
        ]
      : []),
  ];
}

/** A host of the pair that refuses a connection is reached: nothing listens there before the first roll-out. */
function reachFindings(host: Host, { places }: HostLook): readonly Finding[] {
  return placesOf(host).flatMap(({ at, what, listens }): Finding[] => {
    if (!(at in places)) return [unknown(`does not say whether it reaches ${what} at ${at}: run this again`)];
    const reason = places[at];
    if (reason === undefined || (!listens && reason === "Connection refused")) return [];
    const text = `does not reach ${what} at ${at} (${reason})`;
    if (listens)
      return [wrong(`${text}: correct pool.database.external, or let its firewall accept this host`)];
    // A firewall of somebody's own may answer so, too: a roll-out replaces it.
    return [unknown(`${text}: let the network between them pass; a roll-out opens the hosts' own firewalls`)];
  });
}
