import { uptime } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { messageOf } from "../../../base/failure.ts";
import { isMissing, readIfThere, writeAtomically } from "../../../base/files.ts";
import { tryLock } from "../../../base/lock.ts";
import { factsOf } from "../../haproxy/info.ts";
import { type System, until } from "../../host/system.ts";
import { findEdits } from "../../store/edits.ts";
import { currentSha, layoutOf } from "../../store/layout.ts";
import { liveBundle } from "../../store/stage.ts";
import { bidAgain, giveUp } from "../trackFile.ts";
import type { HaproxyVerb } from "../verbs.ts";
import { counted, restarts, waitS } from "./budget.ts";
import { answers, haproxyUnit, type Looking, reasonToSpare } from "./hang.ts";

/**
 * What the daemon may have done to HAProxy with rights that it lacks, by a verb that takes no argument. An answer is empty
 * where all is well; otherwise a sentence, after a code where the daemon tells causes apart.
 */

const config = "etc/haproxy/haproxy.cfg";
const restartsName = "restarts.json";
const lockWithinS = 5;
/** Until SIGTERM has ended it, and until a new one answers. */
const endMs = 1000;
const startMs = 8000;

/** The folder also counts the restarts. */
export interface Means extends Looking {
  /** haproxy's track file of keepalived, absolute path. */
  readonly trackFile: string;
  readonly signal: (pid: number, signal: "SIGTERM" | "SIGKILL") => void;
}

export async function actOnHaproxy(verb: HaproxyVerb, host: System, means: Means): Promise<string> {
  if (verb === "validate") return validate(host);
  if (verb === "bid-again") {
    bidAgain(means.trackFile);
    return "";
  }
  const unlock = await tryLock(join(means.folder, "lock"), { withinS: lockWithinS });
  if (unlock === undefined) return "too-many: another restart of HAProxy has not ended yet";
  try {
    // At the same time: clients wait.
    const [reason, refusal] = await Promise.all([
      verb === "recover" ? undefined : reasonToSpare(host, means),
      refusalOf(host, means),
    ]);
    if (reason !== undefined) return `spared: ${reason}`;
    if (refusal === undefined) return await restart(verb === "recover", host, means);
    if (verb === "revive-or-give-up") giveUp(means.trackFile);
    return refusal;
  } finally {
    unlock();
  }
}

/** Why HAProxy's configuration on disk is not good; empty where it is. */
async function validate(host: System): Promise<string> {
  const { status, stderr, stdout } = await host.run("haproxy", ["-c", "-f", join(host.root, config)]);
  if (status !== 0) return `HAProxy refuses its configuration: ${(stderr || stdout).trim()}`;
  const layout = layoutOf(host.root);
  const live = liveBundle(layout, currentSha(layout), host.name);
  if (live === undefined) return "";
  // Files of other users are not readable without capabilities, and not asked for.
  const files = live.bundle.files.filter(({ path }) => path === config);
  const edits = findEdits(layout, { ...live, bundle: { ...live.bundle, files } }, new Set([config]));
  return edits.length > 0
    ? `/${config} differs from the bundle's: apply the bundle again, or see who changed it`
    : "";
}

/** Why HAProxy is not restarted now; undefined where it may be. */
async function refusalOf(host: System, { folder }: Means): Promise<string | undefined> {
  const seconds = waitS(readRestarts(folder), uptime());
  if (seconds > 0)
    return `too-many: HAProxy was restarted ${restarts.most} times within ${restarts.withinS / 60} minutes, so it is left as it is; the next restart is possible in ${seconds} s: see journalctl -u haproxy`;
  const complaint = await validate(host);
  return complaint.startsWith("HAProxy refuses")
    ? `refused: it would not start again. ${complaint}`
    : undefined;
}

/** Ends HAProxy, which systemd starts again. @param mayBeAwake false where it is known to hang */
async function restart(mayBeAwake: boolean, host: System, means: Means): Promise<string> {
  const { runtimeSocket, folder, signal } = means;
  const pid = await mainPid(host);
  if (pid === 0) return `refused: ${haproxyUnit} is stopped: start it with systemctl start haproxy`;
  const isAwake = mayBeAwake && (await answers(host, runtimeSocket));
  noteRestart(folder, uptime());
  await end(host, pid, isAwake, signal);
  const still = await until(host, startMs, async () => {
    const now = await mainPid(host);
    if (now === 0 || now === pid) return "it has not been started again";
    return host.ask(runtimeSocket, "show info", 500).then((answer) => {
      factsOf(answer);
      return undefined;
    }, messageOf);
  });
  return still === undefined ? "" : `refused: HAProxy was ended, and ${still}: see journalctl -u haproxy`;
}

/** In order, where it would notice; by force where it hangs. Its workers end with it. */
async function end(host: System, pid: number, isAwake: boolean, signal: Means["signal"]): Promise<void> {
  if (isAwake) {
    signal(pid, "SIGTERM");
    const still = await until(host, endMs, async () =>
      (await mainPid(host)) === pid ? "it has not ended" : undefined,
    );
    if (still === undefined) return;
  }
  try {
    signal(pid, "SIGKILL");
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function mainPid(host: System): Promise<number> {
  const { stdout } = await host.run("systemctl", ["show", "--property=MainPID", "--value", haproxyUnit]);
  return Number(stdout.trim() || 0);
}

/** When each was, s since the boot. */
function readRestarts(folder: string): readonly number[] {
  const text = readIfThere(join(folder, restartsName));
  return text === undefined ? [] : z.array(z.number()).parse(JSON.parse(text));
}

function noteRestart(folder: string, nowS: number): void {
  const atS = [...counted(readRestarts(folder), nowS), nowS];
  writeAtomically(join(folder, restartsName), JSON.stringify(atS));
}
