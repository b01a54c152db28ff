import { messageOf } from "../../../base/failure.ts";
import { AddressPage } from "../../../contract/addressPage.ts";
import type { MoverConfig } from "../../../contract/moverConfig.ts";
import { Ec2Error } from "../../aws/ec2Error.ts";
import { steadyNowMs } from "../../daemon/clock.ts";
import { askPage } from "../../daemon/http.ts";
import type { Log } from "../../daemon/log.ts";
import { closeConnections } from "./closeConnections.ts";
import {
  type Decision,
  decideMove,
  type MoverMemory,
  moveAccepted,
  moveFailed,
  type PeerWord,
  type Phase,
} from "./decide.ts";
import type { MoverMetrics } from "./metrics.ts";
import type { Mode } from "./modes.ts";
import { openMoverReport } from "./report.ts";
import { watchVrrp } from "./vrrpWatch.ts";

/** A host that is lost does not answer at all: each ms here is one more until the address moves. */
const peerMs = 60;
/** Least and greatest time until a failed call is repeated; the two nodes must not stay in step. */
const retryMs = [100, 300] as const;
/** The same for a call that AWS refuses: it goes on until somebody mends the cause. */
const refusedMs = 2000;
const followMs = 10_000;
/** A second look, before connections are ended. */
const againMs = 250;

export interface MoverLoop {
  memory(): MoverMemory;
  page(): AddressPage;
  /** When the last turn ended, on the monotonic clock, ms. */
  turnedAtMs(): number;
  /** Starts no further turn; resolves when the current one has ended. */
  stop(): Promise<void>;
}

export interface MoverDoors {
  readonly log: Log;
  readonly mode: Mode;
  readonly metrics: MoverMetrics;
  /** Called when the memory may have changed. */
  readonly keep: (memory: MoverMemory) => void;
}

/** Has AWS deliver the address to this node while keepalived makes it MASTER; `memory` is what an earlier loop knew. */
export function startMover(config: MoverConfig, doors: MoverDoors, first: MoverMemory): MoverLoop {
  const { log, mode, metrics } = doors;
  const report = openMoverReport(log, config.address);
  let memory = first;
  let vrrp: AddressPage["vrrp"] = null;
  let mine: boolean | null = null;
  let phase: Phase = "idle";
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  /** Whether the last look no longer found the address here: the next one decides about open connections. */
  let gone = false;
  let followedAtMs = 0;
  let lastMove: AddressPage["lastMove"] = null;
  let lookProblem: string | null = null;
  let callProblem: string | null = null;
  let turnedAtMs = 0;
  let stopped = false;
  let woken = false;
  let wake = (): void => {};

  const watched = watchVrrp(config.vrrpFile, () => {
    woken = true;
    wake();
  });

  function noteVrrp(): void {
    const now = watched.state();
    if (now !== vrrp) report.vrrp(vrrp, now);
    vrrp = now;
  }

  async function look(): Promise<void> {
    // Where it is unknown, that holds everything up.
    const everyMs = mode.lookEveryMs[mine === null ? "confirming" : phase];
    const nowMs = steadyNowMs();
    if (nowMs - lookedAtMs < everyMs) return;
    lookedAtMs = nowMs;
    try {
      noteLook(await mode.look());
      lookProblem = null;
    } catch (error) {
      lookProblem = messageOf(error);
      if (error instanceof Ec2Error) metrics.failed(error.code);
    }
    log.trouble("where the address is", lookProblem);
  }

  function noteLook(here: boolean): void {
    if (here && mine !== true) {
      const seconds = memory.sinceMs === null ? null : (steadyNowMs() - memory.sinceMs) / 1000;
      if (seconds !== null) {
        lastMove = { at: new Date().toISOString(), seconds };
        metrics.arrived(seconds);
      }
      report.gained(seconds);
    }
    if (!here && mine === true) report.lost();
    if (!here && gone)
      void closeConnections(config.closeSocket).then(
        () => log.trouble("connections to the address", null),
        (error: unknown) => log.trouble("connections to the address", `cannot be ended: ${messageOf(error)}`),
      );
    gone = !here && mine === true;
    mine = here;
  }

  function take(next: Decision): Decision["action"] {
    memory = next.memory;
    if (next.action.kind === "wait") phase = next.action.phase;
    return next.action;
  }

  /** Resolves to the ms until the next turn. */
  async function turn(): Promise<number> {
    noteVrrp();
    await look();
    const remembered = memory;
    let action = take(decideMove(memory, { nowMs: steadyNowMs(), vrrp, mine }));
    let silent: readonly string[] = [];
    if (action.kind === "ask") {
      const peers = await askPeers(config);
      silent = peers.silent;
      noteVrrp();
      const seen = { answers: peers.answers, silent: silent.length > 0 };
      action = take(decideMove(memory, { nowMs: steadyNowMs(), vrrp, mine, peers: seen }));
    }
    report.decided(remembered, memory, steadyNowMs());
    if (action.kind !== "wait") return move(silent);
    if (phase === "holding") await follow();
    return gone ? Math.min(action.ms, againMs) : action.ms;
  }

  async function move(silent: readonly string[]): Promise<number> {
    try {
      await mode.move();
      memory = moveAccepted(memory, steadyNowMs());
      phase = "confirming";
      metrics.moved();
      report.accepted(silent);
      tellCalls(null);
      return 0;
    } catch (error) {
      memory = moveFailed(memory);
      return tellCalls(error);
    }
  }

  async function follow(): Promise<void> {
    if (mode.follow === undefined || steadyNowMs() - followedAtMs < followMs) return;
    followedAtMs = steadyNowMs();
    await mode.follow().then(() => tellCalls(null), tellCalls);
  }

  /** Reports how a call went; the ms until it may be repeated. */
  function tellCalls(error: unknown): number {
    const failure = error instanceof Ec2Error ? error : null;
    // The cap is reached because of an earlier problem, which says more.
    if (failure?.code !== "OwnCap" || callProblem === null)
      callProblem = error === null ? null : messageOf(error);
    log.trouble("EC2 API", callProblem);
    if (error === null) return 0;
    if (failure) metrics.failed(failure.code);
    const [least, most] = retryMs;
    return failure?.kind === "refused" ? refusedMs : least + Math.random() * (most - least);
  }

  async function run(): Promise<void> {
    while (!stopped) {
      woken = false;
      let ms = refusedMs;
      try {
        ms = await turn();
        log.trouble("virtual address", null);
      } catch (error) {
        log.trouble("virtual address", messageOf(error));
      }
      doors.keep(memory);
      turnedAtMs = performance.now();
      if (woken || stopped) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  const ended = run();
  return {
    memory: () => memory,
    page: () => {
      const held = memory.holdOffUntilMs > steadyNowMs() && mine !== true;
      return {
        address: config.address,
        // A peer that asks decides by the state of this moment.
        vrrp: watched.state(),
        mine,
        move: memory.acceptedAtMs !== null ? "accepted" : memory.wants ? "requested" : null,
        contested: memory.contested,
        holdOffUntil: held ? new Date(memory.holdOffUntilMs).toISOString() : null,
        lastMove,
        problem: callProblem ?? lookProblem,
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

/** What the peers that answer say, and the names of those that do not. */
async function askPeers({ peers, privateAddress }: MoverConfig) {
  const pages = await Promise.allSettled(peers.map((peer) => askPage(peer, "/address", AddressPage, peerMs)));
  const answers = pages.flatMap((page, index): PeerWord[] => {
    const goesFirst = order(peers[index]?.address ?? "") < order(privateAddress);
    return page.status === "fulfilled" ? [{ ...page.value, goesFirst }] : [];
  });
  const silent = peers.filter((_, index) => pages[index]?.status === "rejected").map(({ name }) => name);
  return { answers, silent };
}

/** Any order will do that both nodes find alike. */
function order(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
