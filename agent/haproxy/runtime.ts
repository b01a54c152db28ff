import { connect } from "node:net";
import { printable } from "../../base/printable.ts";

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
  /** For a command that answers nothing when it works: any other answer is a refusal. */
  do(command: string): Promise<void>;
}

/** Sends commands to one of haproxy's sockets, one at a time, in order. */
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

export interface AskOptions {
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** A longer answer cannot be genuine; default 4 MiB. */
  readonly maxBytes?: number;
  /** Lines that belong to the command, such as PEM: none is empty, since an empty one ends them. */
  readonly payload?: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const unsafe = /[;\\\u0000-\u001f\u007f]/;
const plainLines = /^([A-Za-z0-9+/=: -]+\n)+$/;

/**
 * Sends one command to haproxy's Runtime API or master socket and resolves to the whole answer. A command is one line
 * and no more than one command. Rejects with a RuntimeError.
 */
export function ask(socket: string, command: string, options: AskOptions): Promise<string> {
  return askAll(socket, [command], options);
}

/**
 * Sends commands to one worker, which does them one after the other, and resolves to all answers. Together they are at
 * most 12,000 bytes: haproxy's buffer holds 16,384, and a longer line is cut off at times. Rejects with a RuntimeError;
 * each command may have been done then.
 */
export function askAll(socket: string, commands: readonly string[], options: AskOptions): Promise<string> {
  const { timeoutMs, maxBytes = 4 * 1024 * 1024, payload } = options;
  return new Promise((resolve, reject) => {
    if (payload !== undefined && !plainLines.test(payload)) {
      reject(
        new RuntimeError("refused", `what belongs to "${commands.at(-1)}" is not plain lines for haproxy`),
      );
      return;
    }
    const bad = commands.find((command) => unsafe.test(command));
    if (bad !== undefined) {
      reject(new RuntimeError("refused", `${JSON.stringify(bad)} is not one plain command for haproxy`));
      return;
    }
    const asked = `"${commands[0]}"${commands.length > 1 ? ` and ${commands.length - 1} more` : ""}`;
    const parts: Buffer[] = [];
    let bytes = 0;
    const client = connect(socket);
    let isSettled = false;
    const settle = (problem?: readonly [kind: RuntimeErrorKind, message: string]): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      client.destroy();
      if (problem) reject(new RuntimeError(problem[0], `${socket}: ${problem[1]}`));
      else resolve(Buffer.concat(parts).toString("utf8"));
    };
    const timer = setTimeout(
      () => settle(["timeout", `no answer to ${asked} within ${timeoutMs / 1000} s`]),
      timeoutMs,
    );
    // The half-closed connection tells haproxy, the master too, that no further command comes: it answers and closes.
    const line = commands.join(";");
    client.on("connect", () => client.end(payload === undefined ? `${line}\n` : `${line} <<\n${payload}\n`));
    client.on("data", (part: Buffer) => {
      bytes += part.length;
      parts.push(part);
      if (bytes > maxBytes) settle(["too-long", `more than ${maxBytes} bytes answer ${asked}`]);
    });
    client.on("error", (error) => settle(["gone", error.message]));
    client.on("end", () => settle(bytes > 0 ? undefined : ["gone", "closed without an answer"]));
    client.on("close", () => settle(["gone", "closed in the middle"]));
  });
}

/** Returns the word; throws where haproxy could read it as more than one plain word. */
export function argument(word: string): string {
  if (/^[A-Za-z0-9._:/@+-]+$/.test(word)) return word;
  throw new RuntimeError("refused", `${JSON.stringify(word)} is not a plain word: it is not sent to haproxy`);
}

/**
 * Why a command failed: nothing listens on the socket; no whole answer came within the deadline; the answer is larger
 * than any real one; it cannot be parsed; or haproxy refused the command.
 */
export type RuntimeErrorKind = "gone" | "timeout" | "too-long" | "garbage" | "refused";

export class RuntimeError extends Error {
  readonly kind: RuntimeErrorKind;

  constructor(kind: RuntimeErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The beginning of an answer, for an error message. */
export function opening(answer: string): string {
  return printable(JSON.stringify(answer.slice(0, 60)));
}
