import { Failure, messageOf } from "../../../base/failure.ts";
import type { Table } from "../table.ts";
import { openPostgresStore } from "./postgres.ts";
import { placeOf } from "./postgresFollow.ts";
import { openSession, type PostgresSettings } from "./postgresSession.ts";

/**
 * Makes a node's table the one of the database, where that has another history. Resolves to a sentence.
 * @param isSure without it nothing is written, and the sentence says what would be
 * @throws Failure where the database needs none of that, or cannot be used
 */
export async function restoreDatabase(
  settings: PostgresSettings,
  { position, routes }: Table,
  isSure: boolean,
): Promise<string> {
  const place = placeOf(settings);
  if (position === null)
    throw new Failure(`this node has no routes of the pair ${settings.pair}: restore from another`);
  const found = await look(settings, { position, routes }).catch((error: unknown) => {
    throw new Failure(`${place}: ${messageOf(error)}`);
  });
  if (found.standing !== "other")
    throw new Failure(
      `${place} has the history of this node, which follows it by itself: nothing was changed`,
    );
  const words = `the ${routes.size} routes of this node (change ${position.version}) in place of the ${found.routes} of ${place} (change ${found.version})`;
  if (!isSure) return `would write ${words}, on every node; with --yes it does`;
  const store = openPostgresStore(settings);
  try {
    const version = await store.restore({ ...position, routes: [...routes.values()] });
    return `wrote ${words}: every node takes them as change ${version}`;
  } catch (error) {
    throw new Failure(messageOf(error));
  } finally {
    await store.close();
  }
}

/** How the database stands to a table, and what it has. */
async function look(settings: PostgresSettings, { position }: Table) {
  const session = await openSession(settings, { newer: () => {}, acknowledged: () => {} });
  try {
    const { standing, version } = await session.read(position, 0);
    const whole = await session.read(null, 0);
    return { standing, version, routes: whole.standing === "stale" ? whole.routes.length : 0 };
  } finally {
    session.close("looked");
  }
}
