import { messageOf } from "../../../base/failure.ts";
import { oldWorkers } from "../../haproxy/info.ts";
import { argument, type RuntimeClient, RuntimeError } from "../../haproxy/runtime.ts";

export interface Closings {
  /** From now on what is open on the server is to be closed. */
  add(server: string): void;
  /**
   * Takes the steps that are still to be taken, on every server that is still dead. Not to be waited for: hundreds of
   * sessions take longer than a round. One that fails is left for the next turn; one that was taken is not taken
   * again, because who comes to a dead server later was let in on purpose. Never rejects.
   */
  turn(isDead: (server: string) => boolean): Promise<void>;
}

/** `onTurn` is told how each server's turn ended: what was wrong, or null. */
export function openClosings(
  stepsOf: (server: string) => readonly Step[],
  onTurn: (server: string, problem: string | null) => void,
): Closings {
  const open = new Map<string, readonly Step[]>();
  const running = new Set<string>();

  async function close(server: string, steps: readonly Step[]): Promise<void> {
    running.add(server);
    const left: Step[] = [];
    let problem: string | null = null;
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        left.push(step);
        problem ??= messageOf(error);
      }
    }
    running.delete(server);
    // It may have died anew meanwhile, or be dead no more.
    if (open.get(server) === steps) {
      if (left.length > 0) open.set(server, left);
      else open.delete(server);
    }
    onTurn(server, problem);
  }

  return {
    add: (server) => {
      open.set(server, stepsOf(server));
    },
    turn: async (isDead) => {
      for (const server of open.keys()) if (!isDead(server)) open.delete(server);
      const idle = [...open].filter(([server]) => !running.has(server));
      await Promise.all(idle.map(([server, steps]) => close(server, steps)));
    },
  };
}

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
