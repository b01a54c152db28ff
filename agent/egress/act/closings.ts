import { messageOf } from "../../errors.ts";
import type { RuntimeClient } from "../../haproxy/runtime.ts";
import { closeSessions, closeSessionsInOldWorkers } from "../../haproxy/sessions.ts";

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
          closeSessions(runtime, backend, server),
    ),
    () => closeSessionsInOldWorkers(master, backends, server),
  ];
}
