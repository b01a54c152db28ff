import { argument } from "../../haproxy/argument.ts";
import { oldWorkers } from "../../haproxy/oldWorkers.ts";
import type { RuntimeClient } from "../../haproxy/runtimeClient.ts";
import { RuntimeError } from "../../haproxy/runtimeError.ts";

/**
 * Closes what is open on a dead server, in the worker that serves and in those that a reload left to their last
 * sessions: these run no checks and would keep their clients waiting for the idle timeout. An old worker refuses
 * `shutdown sessions server` ("Proxy is disabled."), so its sessions are closed one by one.
 * Resolves to the number of sessions closed in old workers; rejects with a RuntimeError.
 */
export async function closeSessions(
  server: string,
  backends: readonly string[],
  runtime: RuntimeClient,
  master: RuntimeClient,
): Promise<number> {
  for (const backend of backends)
    await unlessGone(runtime.do(`shutdown sessions server ${argument(backend)}/${argument(server)}`));
  let closed = 0;
  for (const pid of oldWorkers(await master.ask("show proc"))) {
    const sessions = sessionsOn(server, backends, await master.ask(`@!${pid} show sess`));
    for (const session of sessions) await unlessGone(master.do(`@!${pid} shutdown session ${session}`));
    closed += sessions.length;
  }
  return closed;
}

/** Ids of the sessions that one of the backends holds with the server, out of `show sess`. */
function sessionsOn(server: string, backends: readonly string[], answer: string): readonly string[] {
  return answer.split("\n").flatMap((line) => {
    const id = /^(0x[0-9a-f]+): /.exec(line)?.[1];
    const backend = / be=(\S+) /.exec(line)?.[1] ?? "";
    return id !== undefined && backends.includes(backend) && line.includes(` srv=${server} `) ? [id] : [];
  });
}

/** A server that this worker does not have, or a session that ended meanwhile, is no failure. */
async function unlessGone(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.kind !== "refused") throw error;
  }
}
