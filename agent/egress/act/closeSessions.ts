import { argument } from "../../haproxy/argument.ts";
import { oldWorkers } from "../../haproxy/oldWorkers.ts";
import type { RuntimeClient } from "../../haproxy/runtimeClient.ts";
import { RuntimeError } from "../../haproxy/runtimeError.ts";

/** Something of what closes the sessions on a server; rejects with a RuntimeError, and can then be done again. */
export type Step = () => Promise<void>;

/**
 * What closes everything that is open on a dead server, in the worker that serves and in those that a reload left to
 * their last sessions: these run no checks and would keep their clients waiting for the idle timeout. No step needs
 * another one.
 */
export function stepsToClose(
  server: string,
  backends: readonly string[],
  runtime: RuntimeClient,
  master: RuntimeClient,
): readonly Step[] {
  return [
    ...backends.map(
      (backend): Step =>
        () =>
          unlessGone(runtime.do(`shutdown sessions server ${argument(backend)}/${argument(server)}`)),
    ),
    () => closeInOldWorkers(server, backends, master),
  ];
}

/**
 * An old worker refuses `shutdown sessions server` ("Proxy is disabled."), so its sessions are closed one by one. One
 * that fails does not keep the others from being closed.
 */
async function closeInOldWorkers(
  server: string,
  backends: readonly string[],
  master: RuntimeClient,
): Promise<void> {
  const workers = oldWorkers(await master.ask("show proc"));
  const closed = await Promise.allSettled(
    workers.map(async (pid) => {
      const sessions = sessionsOn(server, backends, await master.ask(`@!${pid} show sess`));
      for (const session of sessions) await unlessGone(master.do(`@!${pid} shutdown session ${session}`));
    }),
  );
  const failed = closed.find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
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
