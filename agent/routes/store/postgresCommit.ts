import { createHash } from "node:crypto";
import pg from "pg";
import { messageOf } from "../../../base/failure.ts";
import type { Change } from "../../../contract/routes/change.ts";
import { CommitAnswer, type Refused } from "./postgresAnswers.ts";
import { type Connection, connectTo } from "./postgresConnection.ts";
import type { PostgresSettings } from "./postgresSession.ts";
import { changed, missing, reused, taken } from "./refusals.ts";
import { type Commit, type Committed, type Position, StoreFailure, type StoreRefusal } from "./store.ts";

export interface Committer {
  commit(commit: Commit): Promise<Committed>;
  /** Gives up the connection, and what is under way over it. */
  drop(reason: string): void;
  /** Makes nothing more: what waits is refused, and of what is under way nobody knows whether it was made. */
  close(): Promise<void>;
}

interface Waiting {
  readonly commit: Commit;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (reason: StoreRefusal | StoreFailure) => void;
}

/** The database ends a commit by itself after this, ms; then nothing has happened. */
const commitMs = 3000;
/** Its answer to that has to get here. */
const answerMs = commitMs + 1000;
/** Most changes that go to the database at once, if they are of more than one transaction. */
const batchMost = 2000;

/** The node that commits. */
export interface Committing {
  /** The last change that it has read. */
  position(): Position | null;
  /** Resolves once it has everything up to the version on disk and serves it, or after a moment. */
  served(version: number): Promise<unknown>;
}

/**
 * Commits what callers want at the same time together: the disk of the database is waited for once. The next ones go when this
 * node serves the last ones: a few commits of many callers cost all nodes less than many of a few.
 */
export function openCommitter(settings: PostgresSettings, node: Committing): Committer {
  let waiting: Waiting[] = [];
  let connection: Connection | undefined;
  let running: Promise<void> | undefined;
  /** The last version that was made at once; 0 where none was. */
  let made = 0;
  const closing = new AbortController();

  async function connected(): Promise<Connection> {
    if (connection?.isOpen()) return connection;
    connection = await connectTo(settings.login, {
      name: `hapair ${settings.node} commits`,
      answerMs,
      settings: { statement_timeout: commitMs },
      signal: closing.signal,
    });
    // A session that may lose what it has confirmed is of no use; one that waits for more than its own disk may go on.
    await connection.query({
      text: "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
    });
    return connection;
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    let over: Connection;
    try {
      over = await connected();
    } catch (error) {
      for (const { reject } of batch) reject(new StoreFailure(messageOf(error), false));
      return;
    }
    try {
      const [row] = await over.query(statementOf(settings.pair, node.position(), batch));
      made = answer(batch, CommitAnswer.parse(row?.answer));
    } catch (error) {
      // One statement is one transaction of the database's: what it refuses of one caller is undone for all.
      if (error instanceof pg.DatabaseError && isOfOne(error) && batch.length > 1) {
        for (const one of batch) await send([one]);
        return;
      }
      const hasRefused = error instanceof pg.DatabaseError;
      for (const { reject } of batch) reject(new StoreFailure(messageOf(error), !hasRefused));
    }
  }

  async function run(): Promise<void> {
    for (;;) {
      const batch = nextBatch(waiting);
      if (batch.length === 0) break;
      waiting = waiting.slice(batch.length);
      made = 0;
      await send(batch);
      await node.served(made);
    }
    running = undefined;
  }

  return {
    commit: (commit) =>
      new Promise((resolve, reject) => {
        waiting.push({ commit, resolve, reject });
        // Callers of one moment go together.
        running ??= Promise.resolve().then(run);
      }),
    drop: (reason) => connection?.close(reason),
    close: async () => {
      closing.abort(new Error("this node commits no more"));
      await running;
    },
  };
}

function nextBatch(waiting: readonly Waiting[]): readonly Waiting[] {
  const isAlone = ({ commit }: Waiting) => commit.takesBack !== undefined;
  let changes = 0;
  const end = waiting.findIndex((one, place) => {
    changes += one.commit.changes.length;
    return place > 0 && (changes > batchMost || isAlone(one) || waiting.slice(0, 1).some(isAlone));
  });
  return end < 0 ? waiting : waiting.slice(0, end);
}

function statementOf(pair: string, after: Position | null, batch: readonly Waiting[]) {
  const at = [pair, after?.version ?? 0, after?.mark ?? null];
  const asked = batch.map(({ commit }) => askedOf(commit));
  const number = batch[0]?.commit.takesBack;
  return number === undefined
    ? {
        name: "commit",
        text: "select hapair_routes.commit($1, $2, $3, $4) as answer",
        values: [...at, JSON.stringify(asked)],
      }
    : {
        name: "take back",
        text: "select hapair_routes.take_back($1, $2, $3, $4, $5) as answer",
        values: [...at, number, JSON.stringify(asked[0])],
      };
}

/** @returns the last version among the answers; 0 where nothing was made */
function answer(batch: readonly Waiting[], given: CommitAnswer): number {
  let last = 0;
  for (const [place, { commit, resolve, reject }] of batch.entries()) {
    const one = given.standing === "same" ? given.answers[place] : undefined;
    if (one === undefined)
      reject(new StoreFailure("the database of the routes is not what this node has followed", false));
    else if ("refused" in one) reject(refusalOf(one, commit));
    else {
      last = Math.max(last, one.version);
      resolve(one);
    }
  }
  return last;
}

function refusalOf(
  { refused, host = "", version = 0 }: Refused,
  { ifVersion, takesBack }: Commit,
): StoreRefusal {
  switch (refused) {
    case "taken":
      return taken(host);
    case "not-found":
      return missing(host);
    case "changed":
      return changed(version, ifVersion ?? takesBack ?? 0);
    case "reused":
      return reused();
  }
}

function askedOf({ changes, who, ifVersion, idempotencyKey }: Commit) {
  const list = changes.map(askedChange);
  return {
    who,
    changes: list,
    ...(ifVersion !== undefined && { ifVersion }),
    ...(idempotencyKey !== undefined && {
      key: idempotencyKey,
      digest: createHash("sha256")
        .update(JSON.stringify([list, ifVersion]))
        .digest("hex"),
    }),
  };
}

function askedChange(change: Change) {
  if (change.do === "remove") return { host: change.host, agent: change.agent };
  const { route } = change;
  return { host: route.host, agent: route.agent, route };
}

/** Whether the database has refused what is in a statement (SQLSTATE's classes): not its state, or its disk. */
function isOfOne({ code = "" }: pg.DatabaseError): boolean {
  return ["21", "22", "23"].includes(code.slice(0, 2));
}
