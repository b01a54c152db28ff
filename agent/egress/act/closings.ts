import { messageOf } from "../../../base/failure.ts";
import type { RuntimeClient } from "../../haproxy/runtime.ts";
import { closeSessions, closeSessionsInOldWorkers } from "../../haproxy/sessions.ts";

export interface Closings {
  /** From now on, closes what is open on the server. */
  add(server: string): void;
  /**
   * Takes the remaining steps for every server that is still dead. The caller does not wait: hundreds of sessions take
   * longer than a round. A step that fails is repeated in the next turn; one that succeeded is not, because a client that
   * reaches a dead server later was let in on purpose. Never rejects.
   */
  turn(isDead: (server: string) => boolean): Promise<void>;
}

/** After each server's turn `onTurn` gets the problem, or null. */
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
    // Meanwhile it may have died again, or recovered.
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

/** One step of closing the sessions on a server; rejects with a RuntimeError, and may then be repeated. */
export type Step = () => Promise<void>;

/**
 * The steps that close everything on a dead server, in the worker that serves and in those that a reload left to their
 * last sessions: these run no checks, and their clients would wait for the idle timeout. The steps are independent.
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
