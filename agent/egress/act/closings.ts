import { messageOf } from "../../../base/failure.ts";

export interface Closings {
  /** From now on, closes what is open on the server. */
  add(server: string): void;
  /**
   * Closes what is open on every added server that is still dead. The caller does not wait: hundreds of sessions take
   * longer than a round. What fails is repeated in the next turn. What succeeded is not, because a client that reaches a
   * dead server later was let in on purpose. Never rejects.
   */
  turn(isDead: (server: string) => boolean): Promise<void>;
}

/** `close` rejects where something may still be open. After each server's turn `onTurn` gets the problem, or null. */
export function openClosings(
  close: (server: string) => Promise<void>,
  onTurn: (server: string, problem: string | null) => void,
): Closings {
  const open = new Set<string>();
  const running = new Set<string>();

  async function take(server: string): Promise<void> {
    running.add(server);
    // Before it begins: a server that dies again meanwhile is added anew.
    open.delete(server);
    let problem: string | null = null;
    try {
      await close(server);
    } catch (error) {
      problem = messageOf(error);
      open.add(server);
    }
    running.delete(server);
    onTurn(server, problem);
  }

  return {
    add: (server) => void open.add(server),
    turn: async (isDead) => {
      for (const server of open) if (!isDead(server)) open.delete(server);
      await Promise.all([...open].filter((server) => !running.has(server)).map(take));
    },
  };
}
