import { messageOf } from "../../base/failure.ts";
import type { LastRecovery } from "../../contract/health.ts";
import type { RouteEvent } from "../../contract/routes/event.ts";
import type { Log } from "../daemon/log.ts";
import { RouteProblem } from "../routes/problem.ts";
import { deadSince, isRestartDue } from "./judge.ts";
import type { Look } from "./look.ts";
import type { HealthMetrics } from "./metrics.ts";
import type { Recovery } from "./recovery.ts";
import { isGivenUp, isServing } from "./trackFile.ts";

/** Before root is asked again, ms: a restart takes its time; and after one that was refused. */
const pauseMs = 5000;
const refusedPauseMs = 30_000;

export interface HealingOptions {
  readonly recovery: Recovery;
  /** Never rejects. */
  readonly peerIsFit: () => Promise<boolean>;
  /** haproxy's track file of keepalived, absolute path. */
  readonly trackFile: string;
  readonly virtualAddress: string;
  readonly metrics: HealthMetrics;
  readonly tell: (event: RouteEvent) => void;
  readonly log: Log;
}

export interface Healing {
  /** Does what a look asks for; nothing waits for it, as a restart takes longer than a look. */
  follow(look: Look): void;
  /** Rejects with a RouteProblem where a restart would leave clients alone that HAProxy may serve now. */
  permit(): Promise<void>;
  /** Restarts HAProxy because somebody asks for it. Rejects with a RouteProblem. */
  restart(): Promise<void>;
  /** How the last restart ended; null where none was asked for since the agent started. */
  last(): LastRecovery | null;
  /** Whether this node leaves the virtual address to the others because HAProxy hangs. */
  hasGivenUp(): boolean;
}

/**
 * Has HAProxy restarted where it hangs. Where root restarts it no more, the node gives the virtual address up as long as
 * another node is fit for it: while none is, a node that bids loses nothing, and serves as soon as its HAProxy does.
 */
export function openHealing(options: HealingOptions): Healing {
  const { recovery, peerIsFit, trackFile, virtualAddress, metrics, tell, log } = options;
  let deadSinceMs: number | null = null;
  let [restartAtMs, addressAtMs, bidAtMs] = [0, 0, 0];
  /** The last restart was refused, and HAProxy hangs still. */
  let isRefused = false;
  let isBusy = false;
  /** As the peers were when HAProxy died. */
  let isPeerFit = false;
  let last: LastRecovery | null = null;
  let givenUp = false;
  /** Why this node bids again; undefined where haproxy's unit says so. */
  let why: string | undefined;

  function askPeers(): void {
    isPeerFit = false;
    void peerIsFit().then((isFit) => {
      isPeerFit = isFit;
    });
  }

  function during(work: () => Promise<void>): void {
    isBusy = true;
    const ended = work().then(
      () => log.trouble("recovery of haproxy", null),
      (error: unknown) => log.trouble("recovery of haproxy", messageOf(error)),
    );
    void ended.finally(() => {
      isBusy = false;
    });
  }

  /** @param isFit whether another node could serve the clients */
  async function revive(isFit: boolean): Promise<void> {
    restartAtMs = performance.now() + pauseMs;
    isRefused = await restart("it has failed", () => recovery.revive(isFit)).then(
      () => false,
      () => true,
    );
    if (isRefused) {
      restartAtMs = performance.now() + refusedPauseMs;
      addressAtMs = performance.now() + pauseMs;
    }
    noteAddress();
  }

  async function placeAddress(): Promise<void> {
    addressAtMs = performance.now() + pauseMs;
    const isFit = await peerIsFit();
    if (isFit && !givenUp) await revive(isFit);
    if (!isFit && givenUp) await bidAgain("no other node is fit for it");
  }

  async function bidAgain(because: string): Promise<void> {
    why = because;
    bidAtMs = performance.now() + pauseMs;
    await recovery.bidAgain();
    noteAddress();
  }

  /** A HAProxy that has been stopped since then is no reason to say that this node is fit again; nor is what is not known. */
  function trackFileSays(): boolean {
    try {
      const says = isGivenUp(trackFile) || (givenUp && !isServing(trackFile));
      log.trouble("haproxy's track file", null);
      return says;
    } catch (error) {
      log.trouble("haproxy's track file", messageOf(error));
      return givenUp;
    }
  }

  /** Tells when the track file says something else: haproxy's unit writes it too, at each start. */
  function noteAddress(): void {
    const now = trackFileSays();
    if (now === givenUp) return;
    givenUp = now;
    const refused = last?.problem ?? "its restart was refused";
    const problem = now ? `HAProxy hangs and is not restarted (${refused})` : null;
    const sentence =
      problem === null
        ? `Fit again for ${virtualAddress}: ${why ?? "HAProxy was started again"}`
        : `Giving up ${virtualAddress} to the other nodes: ${problem}`;
    log.say(now ? "error" : "notice", sentence, { event: "vip", givenUp: String(now) });
    tell({ type: "address", at: new Date().toISOString(), problem });
    why = undefined;
  }

  /** Says in the journal and in the events how it ended. @param ask resolves to the reason why nothing was done, if any */
  async function restart(because: string, ask: () => Promise<string | null>): Promise<void> {
    const ended = (result: LastRecovery["result"], problem: string | null) => {
      const at = new Date().toISOString();
      last = { at, result, problem };
      metrics.recovered(result);
      if (result !== "spared") tell({ type: "recovery", at, problem });
    };
    try {
      const spared = await ask();
      if (spared !== null) {
        log.say("notice", `haproxy was not restarted: ${spared}`, { event: "recovery" });
        return ended("spared", spared);
      }
      log.say("notice", `haproxy was restarted because ${because}`, { event: "recovery" });
      log.trouble("restart of haproxy", null);
      ended("made", null);
    } catch (error) {
      log.trouble("restart of haproxy", messageOf(error));
      const isSpent = error instanceof RouteProblem && error.code === "too-many";
      ended(isSpent ? "too-many" : "refused", messageOf(error));
      throw error;
    }
  }

  return {
    follow: (look) => {
      const nowMs = performance.now();
      deadSinceMs = deadSince(look, deadSinceMs, nowMs);
      if (isBusy) return;
      noteAddress();
      if (deadSinceMs === null) {
        isRefused = false;
        restartAtMs = Math.min(restartAtMs, nowMs + pauseMs);
        if (givenUp && look.process && nowMs >= bidAtMs) during(() => bidAgain("HAProxy answers again"));
        return;
      }
      // The answers are there when a restart is due; what is not known by then delays nothing.
      if (deadSinceMs === nowMs) askPeers();
      if (!isRestartDue(deadSinceMs, nowMs)) return;
      if (nowMs >= restartAtMs) during(() => revive(isPeerFit));
      else if (isRefused && nowMs >= addressAtMs) during(placeAddress);
    },
    permit: async () => {
      if (deadSinceMs === null && !(await peerIsFit()))
        throw new RouteProblem(
          "no-peer",
          "HAProxy may serve clients here and no other node could take them meanwhile: repair another node first.",
        );
    },
    restart: () =>
      restart("it was asked for", async () => {
        await recovery.restart();
        return null;
      }),
    last: () => last,
    hasGivenUp: () => givenUp,
  };
}
