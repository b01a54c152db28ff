import { existsSync, rmSync } from "node:fs";
import { uptime } from "node:os";
import { dirname, join } from "node:path";
import * as z from "zod";
import { readIfThere, writeAtomically } from "../../../base/files.ts";
import type { System } from "../../host/system.ts";
import { layoutOf } from "../../store/layout.ts";
import { isStarved, threadsOf } from "./starvation.ts";

/** Root's own look at HAProxy, before it does what the daemon asks for by itself. */

export const haproxyUnit = "haproxy.service";
/** A HAProxy that does not answer its administrator within this time hangs. */
const awakeMs = 300;
/** The question has reached it. */
const wokenMs = 30;
/** One that is younger may not answer yet. */
const youngS = 10;
/** One that waits for a core is left alone for so long: it may spin as well, and its peers may have cores. */
const starvedS = 10;
/** Of two waits that are further apart, the later one begins anew: the daemon asks every few seconds. */
const apartS = 15;
/** flock's exit status where another process holds the lock; none of its own statuses has this value. */
const lockHeld = 111;

export interface Looking {
  /** HAProxy's Runtime API, absolute path. */
  readonly runtimeSocket: string;
  /** Root's own, lost with a reboot. */
  readonly folder: string;
  /** Control group of HAProxy's unit, relative to `/`. */
  readonly group: string;
}

/** @param keepalivedEvents the `cgroup.events` of keepalived's unit, which is in the same slice */
export function haproxyGroup(keepalivedEvents: string): string {
  return join(dirname(dirname(keepalivedEvents)), haproxyUnit);
}

const awake = "it answers again";

/** Why HAProxy does not hang, or is in other hands; undefined where it hangs. */
export async function reasonToSpare(host: System, looking: Looking): Promise<string | undefined> {
  const { lock } = layoutOf(host.root);
  // Shared, and for a moment: an apply holds it alone, and its folder is read-only here.
  const taken = existsSync(lock)
    ? await host.run("flock", ["--shared", "--nonblock", "--conflict-exit-code", `${lockHeld}`, lock, "true"])
    : undefined;
  if (taken?.status === lockHeld) return "a bundle is being applied";
  const properties = "ActiveState,MainPID,ExecMainStartTimestampMonotonic";
  const { stdout } = await host.run("systemctl", ["show", "--property", properties, haproxyUnit]);
  const of = (key: string): string => new RegExp(`^${key}=(.*)$`, "m").exec(stdout)?.[1] ?? "";
  if (["activating", "reloading"].includes(of("ActiveState"))) return `it is ${of("ActiveState")}`;
  if (Number(of("MainPID")) === 0) return "it is not running";
  // Both in us since the boot, on the kernel's monotonic clock.
  const ageUs = Number(process.hrtime.bigint() / 1000n) - Number(of("ExecMainStartTimestampMonotonic"));
  if (ageUs < youngS * 1_000_000) return `it was started less than ${youngS} s ago`;
  return silenceOf(host, looking);
}

/** Asks it once more, and sees what its threads do meanwhile. */
async function silenceOf(
  host: System,
  { runtimeSocket, folder, group }: Looking,
): Promise<string | undefined> {
  const waits = join(folder, "waits.json");
  const asked = answers(host, runtimeSocket);
  // Until then the question has woken who is to answer it: one that has no core is ready from now on.
  await host.pause(wokenMs);
  const begunMs = host.monotonicMs();
  const before = threadsOf(host.root, group);
  if (await asked) {
    rmSync(waits, { force: true });
    return awake;
  }
  // A refusal comes at once, and less time tells too little of the threads.
  const leftMs = awakeMs - wokenMs - (host.monotonicMs() - begunMs);
  if (leftMs > 0) await host.pause(leftMs);
  const elapsedMs = host.monotonicMs() - begunMs;
  if (!isStarved(before, threadsOf(host.root, group), elapsedMs)) return undefined;
  const waitedS = noteWait(waits, uptime());
  return waitedS < starvedS ? "its processes wait for a core: see what uses the processors" : undefined;
}

/** Since when it has waited without an answer, s. @param nowS since the boot, as nobody sets that */
function noteWait(file: string, nowS: number): number {
  const [sinceS, lastS] = readWaits(file) ?? [nowS, nowS];
  const isSame = nowS >= lastS && nowS - lastS < apartS;
  const kept = isSame ? sinceS : nowS;
  writeAtomically(file, JSON.stringify([kept, nowS]));
  return nowS - kept;
}

function readWaits(file: string): readonly [sinceS: number, lastS: number] | undefined {
  const text = readIfThere(file);
  return text === undefined ? undefined : z.tuple([z.number(), z.number()]).parse(JSON.parse(text));
}

export function answers(host: System, socket: string): Promise<boolean> {
  return host.ask(socket, "show info", awakeMs).then(
    () => true,
    () => false,
  );
}
