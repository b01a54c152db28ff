import { messageOf } from "../../../base/failure.ts";
import { Progress } from "../progress.ts";
import { OwnCommits } from "./ownCommits.ts";
import { openCommitter } from "./postgresCommit.ts";
import { connectTo } from "./postgresConnection.ts";
import { type Following, followPostgres, placeOf } from "./postgresFollow.ts";
import { migrate } from "./postgresMigrate.ts";
import type { PostgresSettings } from "./postgresSession.ts";
import { type RouteStore, StoreFailure } from "./store.ts";

/** A node serves a change within milliseconds; further ones are not kept waiting by one that does not. */
const servedMs = 50;
/** For a whole table. */
const restoreMs = 30_000;

/** PostgreSQL as the authority on a pair's routes, in a schema of its own, which it makes and keeps up to date. */
export function openPostgresStore(settings: PostgresSettings): RouteStore {
  let following: Following | undefined;
  const served = new Progress();
  const own = new OwnCommits();
  const committer = openCommitter(settings, {
    position: () => following?.position() ?? null,
    served: (version) => served.reached(version, servedMs),
  });

  return {
    commit: async (commit) => {
      const problem = following === undefined ? "this node does not follow the store" : following.problem();
      if (problem !== null) throw new StoreFailure(problem, false);
      const made = await committer.commit(commit);
      own.made(made.version - made.before.length, made.version);
      return made;
    },
    follow: (after, follower) => {
      if (following !== undefined) throw new Error("the store is followed already");
      following = followPostgres(settings, after, {
        changes: (changes) => follower.changes(changes),
        snapshot: (snapshot) => follower.snapshot(snapshot),
        acknowledged: (node, version) => follower.acknowledged(node, version),
        reachable: (problem) => {
          if (problem !== null) committer.drop(problem);
          follower.reachable(problem);
        },
      });
    },
    acknowledge: (version) => {
      const isOwn = own.take(served.value, version);
      served.set(version);
      following?.acknowledge(version, isOwn);
    },
    isFollowing: (node) => following?.isFollowing(node) ?? false,
    restore: (table) => restored(settings, table),
    close: async () => {
      await Promise.all([following?.stop(), committer.close()]);
    },
  };
}

async function restored(
  settings: PostgresSettings,
  { version, mark, routes }: Parameters<RouteStore["restore"]>[0],
): Promise<number> {
  const { login, pair, node } = settings;
  try {
    const connection = await connectTo(login, {
      name: `hapair ${node} restores`,
      answerMs: restoreMs,
      settings: { statement_timeout: restoreMs },
    });
    try {
      await migrate(connection, login);
      await connection.query({ text: "select hapair_routes.join($1)", values: [pair] });
      const [row] = await connection.query({
        text: "select hapair_routes.restore($1, $2, $3, $4)::int8::text as version",
        values: [pair, version, mark, JSON.stringify(routes)],
      });
      return Number(row?.version);
    } finally {
      connection.close("done");
    }
  } catch (error) {
    throw new StoreFailure(`${placeOf(settings)}: ${messageOf(error)}`, true);
  }
}
