import pg from "pg";
import type { Connection, PostgresLogin } from "./postgresConnection.ts";
import { schemaSteps } from "./schema/steps.ts";

/** Any two numbers, the same for every agent: one of them makes the schema at a time. */
const lock = [71_845_001, 71_845_002] as const;

/** PostgreSQL's `insufficient_privilege`. */
const notPermitted = "42501";

/** Brings the schema to this version of the agent, where it is older. One that is newer stays. */
export async function migrate(connection: Connection, login: PostgresLogin): Promise<void> {
  if ((await stepsDone(connection)) >= schemaSteps.length) return;
  await connection.query({ text: "begin" });
  try {
    await connection.query({ text: "select pg_advisory_xact_lock($1, $2)", values: lock });
    await makeSchema(connection, login);
    const done = await stepsDone(connection);
    for (const step of schemaSteps.slice(done)) await connection.query({ text: step });
    if (done < schemaSteps.length) await writeStepsDone(connection);
    await connection.query({ text: "commit" });
  } catch (error) {
    await connection.query({ text: "rollback" }).catch(() => {});
    throw error;
  }
}

async function stepsDone(connection: Connection): Promise<number> {
  const [table] = await connection.query({
    text: "select to_regclass('hapair_routes.schema_steps') as found",
  });
  if (table?.found == null) return 0;
  const [row] = await connection.query({ text: "select done from hapair_routes.schema_steps" });
  return Number(row?.done ?? 0);
}

async function writeStepsDone(connection: Connection): Promise<void> {
  await connection.query({
    text: "create table if not exists hapair_routes.schema_steps (done int not null)",
  });
  await connection.query({ text: "delete from hapair_routes.schema_steps" });
  await connection.query({
    text: "insert into hapair_routes.schema_steps values ($1)",
    values: [schemaSteps.length],
  });
}

/** The role may own a schema that somebody else has made for it, and have no right to make one. */
async function makeSchema(connection: Connection, { database, user }: PostgresLogin): Promise<void> {
  const [row] = await connection.query({ text: "select to_regnamespace('hapair_routes') as found" });
  if (row?.found != null) return;
  try {
    await connection.query({ text: "create schema hapair_routes" });
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== notPermitted) throw error;
    throw new Error(
      `the database ${database} has no schema hapair_routes, and its user ${user} may not make one: run 'create schema hapair_routes authorization "${user}"' there as its owner`,
    );
  }
}
