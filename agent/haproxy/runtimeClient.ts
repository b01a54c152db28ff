import { ask } from "./ask.ts";
import { RuntimeError, type RuntimeErrorKind } from "./runtimeError.ts";

/** How one command went. */
export interface RuntimeCall {
  /** The command's first two words, such as `show stat`. */
  readonly command: string;
  readonly seconds: number;
  readonly error: RuntimeErrorKind | null;
}

export interface RuntimeClient {
  /** Resolves to the answer; rejects with a RuntimeError. */
  ask(command: string): Promise<string>;
  /** For a command that answers nothing where it worked; anything else is haproxy's refusal. */
  do(command: string): Promise<void>;
}

/** Talks to one of haproxy's sockets, one command at a time in the order in which they come. */
export function runtimeClient(
  socket: string,
  options: { readonly timeoutMs: number; readonly onCall?: (call: RuntimeCall) => void },
): RuntimeClient {
  let last: Promise<unknown> = Promise.resolve();

  async function call(command: string): Promise<string> {
    const startedAt = performance.now();
    let error: RuntimeErrorKind | null = null;
    try {
      return await ask(socket, command, options);
    } catch (failure) {
      error = failure instanceof RuntimeError ? failure.kind : "garbage";
      throw failure;
    } finally {
      options.onCall?.({
        command: command
          .replace(/^@\S+ /, "")
          .split(" ", 2)
          .join(" "),
        seconds: (performance.now() - startedAt) / 1000,
        error,
      });
    }
  }

  function inTurn(command: string): Promise<string> {
    const turn = last.then(() => call(command));
    last = turn.catch(() => {});
    return turn;
  }

  return {
    ask: inTurn,
    do: async (command) => {
      const words = (await inTurn(command)).trim();
      if (words !== "")
        throw new RuntimeError("refused", `haproxy refuses "${command}": ${words.slice(0, 200)}`);
    },
  };
}
