import { oldWorkers } from "./info.ts";
import { argument, type RuntimeClient, RuntimeError } from "./runtime.ts";

/**
 * Closes what is open on a server, in the worker that serves and in those that a reload left to their last sessions:
 * these run no checks, and their clients would wait for the idle timeout. A part that fails does not stop the others.
 * Rejects with the first RuntimeError.
 */
export async function closeEverywhere(
  server: string,
  backends: readonly string[],
  { runtime, master }: { readonly runtime: RuntimeClient; readonly master: RuntimeClient },
): Promise<void> {
  const parts = [
    ...backends.map((backend) => () => closeSessions(runtime, backend, server)),
    () => closeSessionsInOldWorkers(master, backends, server),
  ];
  const failures: unknown[] = [];
  for (const part of parts) await part().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** Closes what is open on a server in the worker that serves. A server that it does not have is not a failure. */
function closeSessions(runtime: RuntimeClient, backend: string, server: string): Promise<void> {
  return unlessGone(runtime.do(`shutdown sessions server ${argument(backend)}/${argument(server)}`));
}

/**
 * Closes what is open on a server in the workers that a reload left to their last sessions. Such a worker refuses
 * `shutdown sessions server` ("Proxy is disabled."), so its sessions are closed one by one; a worker that fails does
 * not stop the others. Rejects with a RuntimeError.
 */
async function closeSessionsInOldWorkers(
  master: RuntimeClient,
  backends: readonly string[],
  server: string,
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

/** A refusal means that the server or session no longer exists: nothing is left to close. */
async function unlessGone(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.kind !== "refused") throw error;
  }
}
