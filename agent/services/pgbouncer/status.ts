import { messageOf } from "../../../base/failure.ts";
import type { AgentConfig, RemoteDatabase } from "../../../contract/agentConfig.ts";
import type { PoolStatus } from "../../../contract/hostStatus.ts";
import { queryProblem, reachable } from "../../host/network.ts";
import type { System } from "../../host/system.ts";
import { fullPooler, poolerQuestions } from "../../limits/pgbouncer.ts";
import { placeOf } from "../externalDatabase.ts";
import type { StatusPart } from "../service.ts";
import { inConsole } from "./console.ts";
import { waitsIn } from "./fullPool.ts";

/** One answer for the status. */
const statusMs = 3000;

type Pool = NonNullable<AgentConfig["pool"]>;

/** The poolers of this host, their limits, and their database where it is elsewhere. */
export async function poolersStatus(host: System, { pool }: AgentConfig): Promise<StatusPart> {
  if (pool === undefined) return {};
  const [asked, database] = await Promise.all([
    Promise.all(pool.poolers.map((pooler) => askPooler(host, pooler))),
    pool.database && databaseStatus(host, pool.poolers, pool.database),
  ]);
  return {
    pool: { poolers: asked.map(({ pooler }) => pooler), ...(database && { database }) },
    full: asked.flatMap(({ full = [] }) => full),
    problems: asked.flatMap(({ problem }) => problem ?? []),
  };
}

async function askPooler(host: System, { unit, port, forSessions }: Pool["poolers"][number]) {
  const accepts = await reachable(host, port);
  const limits = accepts ? await limitsOf(host, port) : {};
  return { pooler: { unit, port, forSessions: forSessions === true, reachable: accepts }, ...limits };
}

async function limitsOf(
  host: System,
  port: number,
): Promise<{ readonly full?: readonly string[]; readonly problem?: string }> {
  try {
    return {
      full: fullPooler(port, await inConsole(host, port, poolerQuestions, { timeoutMs: statusMs })),
    };
  } catch (error) {
    const reason = messageOf(error).replace(/\s*\n\s*/g, " ");
    return { problem: `whether the pooler on port ${port} is full is unknown: ${reason}` };
  }
}

/** Whether a query gets through the first pooler that lets it. */
async function databaseStatus(
  host: System,
  poolers: Pool["poolers"],
  database: RemoteDatabase,
): Promise<PoolStatus["database"]> {
  const problems = await Promise.all(
    poolers.map(({ port }) =>
      queryProblem(host, { ...database.proof, port }, statusMs, waitsIn(host, port, database)),
    ),
  );
  const answers = problems.includes(undefined);
  return { at: placeOf(database), problem: answers ? null : (problems[0] ?? "no pooler runs here") };
}
