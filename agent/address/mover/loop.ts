import { messageOf } from "../../../base/failure.ts";
import type { AddressPage } from "../../../contract/addressPage.ts";
import type { Log } from "../../daemon/log.ts";
import { openCalls } from "./calls.ts";
import type { MoverClock } from "./clock.ts";
import { type Decision, decideMove, type Phase } from "./decide.ts";
import { type MoverMemory, moveAccepted, moveFailed } from "./memory.ts";
import type { MoverMetrics } from "./metrics.ts";
import type { Mode } from "./modes.ts";
import { openOwner } from "./owner.ts";
import type { PeersWord } from "./peers.ts";
import { openMoverReport } from "./report.ts";
import type { VrrpWatch } from "./vrrpWatch.ts";

/** After a turn that failed as a whole. */
const failedTurnMs = 2000;
const followMs = 10_000;
/** A second look, before connections are ended. */
const againMs = 250;

export interface MoverLoop {
  remembered(): MoverRemembered;
  page(): AddressPage;
  /** When the last turn ended, or else when the loop began, on the monotonic clock, ms. */
  turnedAtMs(): number;
  /** Starts no further turn; resolves when the current one has ended. */
  stop(): Promise<void>;
}

/** What outlives a loop. */
export interface MoverRemembered {
  readonly memory: MoverMemory;
  /** Whether the address was last seen here; null where nothing was seen. */
  readonly known: boolean | null;
}

export interface MoverDoors {
  readonly log: Log;
  readonly clock: MoverClock;
  readonly mode: Mode;
  readonly metrics: MoverMetrics;
  /** keepalived's state; calls `onChange` when it changes. */
  watch(onChange: () => void): VrrpWatch;
  /** What the peers say now; never rejects. */
  ask(): Promise<PeersWord>;
  /** Resolves while the EC2 API answers on an open connection; an answer before `sinceMs`, epoch, does not count. */
  reach(sinceMs: number): Promise<void>;
  /** Ends the connections of clients that are open here. */
  closeConnections(): Promise<void>;
  /** Called when what outlives the loop may have changed. */
  keep(now: MoverRemembered): void;
}

/** Has AWS deliver the address to this node while keepalived makes it MASTER; `first` is what an earlier loop knew. */
export function startMover(address: string, doors: MoverDoors, first: MoverRemembered): MoverLoop {
  const { log, clock, mode, metrics } = doors;
  const report = openMoverReport(log, address);
  const calls = openCalls({ log, random: clock.random, count: metrics.failed });
  const owner = openOwner(
    { mode, log, clock, failed: metrics.failed, changed: noteOwner, left: endConnections },
    first.known,
  );
  let { memory } = first;
  let vrrp: ReturnType<VrrpWatch["read"]> = { state: null, atMs: null };
  let phase: Phase = "idle";
  let followedAtMs = Number.NEGATIVE_INFINITY;
  let lastMove: AddressPage["lastMove"] = null;
  let turnedAtMs = performance.now();
  let stopped = false;
  let woken = false;
  let wake = (): void => {};

  const watched = doors.watch(() => {
    woken = true;
    wake();
  });

  function noteVrrp(): void {
    const now = watched.read();
    if (now.state !== vrrp.state) report.vrrp(vrrp.state, now.state);
    // What was found out in another state may be old by now.
    if (now.atMs !== vrrp.atMs) owner.hasten();
    vrrp = now;
  }

  function noteOwner(isHere: boolean): void {
    if (!isHere) {
      report.lost();
      return;
    }
    const seconds = memory.sinceMs === null ? null : (clock.nowMs() - memory.sinceMs) / 1000;
    if (seconds !== null) {
      lastMove = { at: new Date().toISOString(), seconds };
      metrics.arrived(seconds);
    }
    report.gained(seconds);
  }

  function endConnections(): void {
    const tell = (problem: string | null) => log.trouble("connections to the address", problem);
    doors.closeConnections().then(
      () => tell(null),
      (error: unknown) => tell(`cannot be ended: ${messageOf(error)}`),
    );
  }

  function decide(peers?: PeersWord): Decision["action"] {
    const before = memory;
    const nowMs = clock.nowMs();
    const seen = peers && { answers: peers.answers, silent: peers.silent.length > 0 };
    const next = decideMove(memory, {
      ...{ nowMs, vrrp: vrrp.state, vrrpAtMs: vrrp.atMs, mine: owner.mine() },
      ...(seen && { peers: seen }),
    });
    memory = next.memory;
    if (next.action.kind === "wait") phase = next.action.phase;
    report.decided(before, memory, nowMs);
    return next.action;
  }

  /** Resolves to the ms until the next turn. */
  async function turn(): Promise<number> {
    noteVrrp();
    await owner.look(phase);
    const action = decide();
    const ms = action.kind === "ask" ? await take(action.likely) : action.kind === "wait" ? action.ms : 0;
    if (phase !== "waiting" || memory.contested) calls.notDue("move");
    if (phase === "holding") await follow();
    else calls.notDue("follow");
    return owner.isLeaving() ? Math.min(ms, againMs) : ms;
  }

  /**
   * Asks the peers, and then AWS for the address unless a peer objects. The peers' word must be newer than the proof that
   * the API is reached: a node that was cut off would else act by a silence that is over.
   * @param likely both are begun at once
   */
  async function take(likely: boolean): Promise<number> {
    let reached = false;
    const reach = () =>
      // A node that is cut off becomes MASTER for that: answers from before say nothing.
      doors.reach(memory.sinceMs ?? clock.nowMs()).then(
        () => {
          reached = true;
        },
        (error: unknown) => ({ error }),
      );
    let way = likely ? reach() : undefined;
    for (;;) {
      const peers = await doors.ask();
      const isNewer = reached;
      noteVrrp();
      const action = decide(peers);
      if (action.kind === "wait") return action.ms;
      if (isNewer) return send(peers.silent);
      way ??= reach();
      const failure = await way;
      if (failure) return fail(failure.error);
      // An API that answers again may say whether the address is here.
      if (owner.mine() === null) await owner.look("confirming");
    }
  }

  async function send(silent: readonly string[]): Promise<number> {
    try {
      await mode.move();
    } catch (error) {
      return fail(error);
    }
    memory = moveAccepted(memory, clock.nowMs());
    phase = "confirming";
    metrics.moved();
    report.accepted(silent);
    calls.worked("move");
    return 0;
  }

  function fail(error: unknown): number {
    memory = moveFailed(memory);
    phase = "waiting";
    return calls.failed("move", error);
  }

  async function follow(): Promise<void> {
    if (mode.follow === undefined || clock.nowMs() - followedAtMs < followMs) return;
    followedAtMs = clock.nowMs();
    await mode.follow().then(
      () => calls.worked("follow"),
      (error: unknown) => void calls.failed("follow", error),
    );
  }

  const remembered = (): MoverRemembered => ({ memory, known: owner.known() });

  async function run(): Promise<void> {
    while (!stopped) {
      woken = false;
      let ms = failedTurnMs;
      try {
        ms = await turn();
        log.trouble("mover", null);
      } catch (error) {
        log.trouble("mover", messageOf(error));
      }
      doors.keep(remembered());
      turnedAtMs = performance.now();
      if (woken || stopped) continue;
      const pause = clock.pause(ms);
      wake = pause.end;
      await pause.ended;
    }
  }

  /** A peer that asks decides by the state of this moment. */
  function vrrpNow(): Pick<AddressPage, "vrrp" | "problem"> {
    try {
      return { vrrp: watched.read().state, problem: null };
    } catch (error) {
      return { vrrp: null, problem: messageOf(error) };
    }
  }

  const ended = run();
  return {
    remembered,
    page: () => {
      const mine = owner.mine();
      const held = memory.holdOffUntilMs > clock.nowMs() && mine !== true;
      const { vrrp: now, problem } = vrrpNow();
      return {
        ...{ address, vrrp: now, mine },
        move: memory.acceptedAtMs !== null ? "accepted" : memory.wants ? "requested" : null,
        contested: memory.contested,
        holdOffUntil: held ? new Date(memory.holdOffUntilMs).toISOString() : null,
        lastMove,
        problem: problem ?? calls.problem() ?? owner.problem(),
      };
    },
    turnedAtMs: () => turnedAtMs,
    stop: async () => {
      stopped = true;
      watched.close();
      wake();
      await ended;
    },
  };
}
