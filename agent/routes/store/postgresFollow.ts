import * as z from "zod";
import { messageOf } from "../../../base/failure.ts";
import { holdDownMs } from "../../daemon/holdDown.ts";
import { openIntake } from "./postgresIntake.ts";
import type { News } from "./postgresMessage.ts";
import { openSession, type PostgresSettings, type Session } from "./postgresSession.ts";
import type { Follower, Position } from "./store.ts";

export interface Following {
  /** The last change that was read. */
  position(): Position | null;
  /** Why the store cannot be used now; null where it can. */
  problem(): string | null;
  /** @param isOwn whether no other node has committed any of it: those are told a moment later, of several at once */
  acknowledge(version: number, isOwn: boolean): void;
  /** Whether another node has told within the last seconds what it has. */
  isFollowing(node: string): boolean;
  stop(): Promise<void>;
}

/**
 * The database is asked this often at least, and the other nodes are told as often what this one has: so a notification
 * that was lost is made up for, and a machine that is gone is noticed, here and by the others.
 */
const beatMs = 1000;
/** What this node has committed itself is told so much later: who sends the same request to another node waits for it. */
const soonMs = 50;
/** A node that has said nothing for so long does not follow. */
const silentMs = 3000;
const firstPauseMs = 100;
const longestPauseMs = 2000;

/** Follows the store until it is stopped, over any number of connections. */
export function followPostgres(
  settings: PostgresSettings,
  after: Position | null,
  follower: Follower,
): Following {
  const heard = new Map<string, number>();
  let acknowledged: number | undefined;
  let problem: string | null = `${placeOf(settings)} has not answered yet`;
  let session: Session | undefined;
  let failures = 0;
  let wake = (): void => {};
  /** What the database has told and nobody has looked at: changes, or only that there may be some (null). */
  let inbox: (News | null)[] = [];
  const stopping = new AbortController();
  let soon: NodeJS.Timeout | undefined;

  function look(news: News | null): void {
    inbox.push(news);
    wake();
  }

  const intake = openIntake(after, follower, () => look(null));

  function isFollowing(node: string): boolean {
    const heardAtMs = heard.get(node);
    return heardAtMs !== undefined && performance.now() - heardAtMs < silentMs;
  }

  function report(found: string | null): void {
    if (found === problem || stopping.signal.aborted) return;
    problem = found;
    follower.reachable(found);
    tell();
  }

  /** A node that does not follow must not make the others wait for it. */
  function tell(): void {
    clearTimeout(soon);
    soon = undefined;
    if (problem === null && acknowledged !== undefined) session?.tell(acknowledged).catch(() => {});
  }

  /** @returns whether there may be more to read at once */
  async function read(over: Session): Promise<boolean> {
    const answer = await over.read(intake.position(), intake.most());
    failures = 0;
    const { isTaken, isMore } = intake.read(answer);
    report(isTaken ? null : strangerSentence(settings, answer.version, intake.position()));
    return isMore;
  }

  /** Resolves when it is stopped; rejects when the connection is lost. */
  async function followOver(over: Session): Promise<void> {
    const beat = setInterval(() => {
      tell();
      look(null);
    }, beatMs);
    try {
      let isMore = true;
      while (!stopping.signal.aborted) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const told = inbox;
        inbox = [];
        const isKnown = told.every((news) => news !== null && intake.told(news));
        if (!isKnown || isMore) isMore = await read(over);
        if (!isMore) await woken;
      }
    } finally {
      clearInterval(beat);
      over.close("this node follows no more");
    }
  }

  function hear(node: string, version: number): void {
    // One that has just come need not wait for this node's next beat.
    if (!isFollowing(node)) tell();
    heard.set(node, performance.now());
    follower.acknowledged(node, version);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        session = await openSession(
          settings,
          { newer: (news) => look(news ?? null), acknowledged: hear },
          stopping.signal,
        );
        await followOver(session);
      } catch (error) {
        failures++;
        report(`${placeOf(settings)}: ${reasonOf(error)}`);
      }
      session = undefined;
      if (!stopping.signal.aborted) await pause(jittered(holdDownMs(failures, firstPauseMs, longestPauseMs)));
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        if (!stopping.signal.aborted) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  const running = run();
  return {
    position: intake.position,
    problem: () => problem,
    acknowledge: (version, isOwn) => {
      acknowledged = version;
      if (isOwn) soon ??= setTimeout(tell, soonMs);
      else tell();
    },
    isFollowing,
    stop: async () => {
      // Nothing is waited for: a database that says nothing would keep the daemon's other parts from their new config.
      stopping.abort(new Error("this node follows no more"));
      clearTimeout(soon);
      wake();
      await Promise.all([running, intake.stop()]);
    },
  };
}

/** Both nodes lose the database at one moment: they do not come back at one. */
function jittered(ms: number): number {
  return ms * (0.5 + Math.random() / 2);
}

/** Where the routes are, for a sentence. */
export function placeOf({ login }: Pick<PostgresSettings, "login">): string {
  return `the database of the routes (${login.database} at ${login.host}:${login.port})`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return messageOf(error);
  return `it has what this version of hapair does not know (${z.prettifyError(error).replace(/\s+/g, " ")}): apply the same version on every node`;
}

function strangerSentence(settings: PostgresSettings, version: number, position: Position | null): string {
  return `${placeOf(settings)} is not what this node has followed: it ends at change ${version}, and this node has change ${position?.version ?? 0} of another history. It was restored from a backup, or is another one. This node goes on with the routes that it has, and no route can be changed: "hapair routes restore" on the node that is right writes its routes to the database`;
}
