import { connect } from "node:net";
import { RuntimeError } from "./runtimeError.ts";

export interface AskOptions {
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** A longer answer is no real one; default 4 MiB. */
  readonly maxBytes?: number;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const unsafe = /[;\\\u0000-\u001f\u007f]/;

/**
 * One command to haproxy's Runtime API or master socket and everything that it answers; a command is one line and
 * only one command. Rejects with a RuntimeError.
 */
export function ask(socket: string, command: string, options: AskOptions): Promise<string> {
  const { timeoutMs, maxBytes = 4 * 1024 * 1024 } = options;
  return new Promise((resolve, reject) => {
    if (unsafe.test(command)) {
      reject(new RuntimeError("refused", `${JSON.stringify(command)} is not one plain command for haproxy`));
      return;
    }
    const parts: Buffer[] = [];
    let bytes = 0;
    const client = connect(socket);
    const settle = (error?: RuntimeError): void => {
      clearTimeout(timer);
      client.destroy();
      if (error) reject(error);
      else resolve(Buffer.concat(parts).toString("utf8"));
    };
    const timer = setTimeout(
      () =>
        settle(
          new RuntimeError("timeout", `${socket}: no answer to "${command}" within ${timeoutMs / 1000} s`),
        ),
      timeoutMs,
    );
    // The half-closed connection tells the master, too, that no further command comes: it answers and closes.
    client.on("connect", () => client.end(`${command}\n`));
    client.on("data", (part: Buffer) => {
      bytes += part.length;
      parts.push(part);
      if (bytes > maxBytes)
        settle(new RuntimeError("too-long", `${socket}: more than ${maxBytes} bytes answer "${command}"`));
    });
    client.on("error", (error) => settle(new RuntimeError("gone", `${socket}: ${error.message}`)));
    client.on("end", () =>
      settle(bytes > 0 ? undefined : new RuntimeError("gone", `${socket}: closed without an answer`)),
    );
    client.on("close", () => settle(new RuntimeError("gone", `${socket}: closed in the middle`)));
  });
}
