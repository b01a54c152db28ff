import { StringDecoder } from "node:string_decoder";
import type { Client } from "ssh2";
import type { Logging } from "./inputs.ts";

interface RemoteRun {
  script: string;
  env: Record<string, string>;
  stdin: string;
  transcript: Transcript;
}

/** Runs a script. @returns why it failed, in OpenSSH's terms; undefined where it succeeded */
export async function runOverSsh(client: Client, run: RemoteRun): Promise<string | undefined> {
  const { script, env, stdin, transcript } = run;
  const reason = await new Promise<string | undefined>((resolve, reject) => {
    client.exec(script, { env }, (error, channel) => {
      if (error) return reject(error);
      let ending = "wait: remote command exited without exit status or exit signal";
      channel.on("data", (chunk: Buffer) => transcript.write("stdout", chunk));
      channel.stderr.on("data", (chunk: Buffer) => transcript.write("stderr", chunk));
      channel.on("exit", (code: number | null, signal?: string) => {
        if (signal) ending = `Process exited with status 1 from signal ${signal.replace(/^SIG/, "")}`;
        else ending = code === 0 ? "" : `Process exited with status ${code}`;
      });
      channel.on("close", () => resolve(ending || undefined));
      channel.end(stdin);
    });
  });
  await transcript.end();
  return reason;
}

export interface CommandOutputs {
  stdout: string;
  stderr: string;
}

type Stream = keyof CommandOutputs;

const loggedStreams: Record<Logging, Stream[]> = {
  stdout: ["stdout"],
  stderr: ["stderr"],
  stdoutAndStderr: ["stdout", "stderr"],
  none: [],
};

/** Keeps the output of a command, and passes on each complete line of the logged streams at once. */
export class Transcript {
  readonly #logged: Stream[];
  readonly #onLine: (line: string) => Promise<void>;
  readonly #text: CommandOutputs = { stdout: "", stderr: "" };
  readonly #decoders = { stdout: new StringDecoder(), stderr: new StringDecoder() };
  #both = "";
  #partialLine = "";
  #delivered: Promise<void> = Promise.resolve();

  constructor(logging: Logging | undefined, onLine: (line: string) => Promise<void>) {
    this.#logged = loggedStreams[logging ?? "stdoutAndStderr"];
    this.#onLine = onLine;
  }

  write(stream: Stream, chunk: Buffer): void {
    const text = this.#decoders[stream].write(chunk);
    this.#text[stream] += text;
    this.#both += text;
    if (!this.#logged.includes(stream)) return;
    const lines = (this.#partialLine + text).split("\n");
    this.#partialLine = lines.pop() ?? "";
    for (const line of lines) this.#log(line);
  }

  /** Waits until the last line is logged: the engine drops lines that arrive after the end of the operation. */
  async end(): Promise<void> {
    if (this.#partialLine) this.#log(this.#partialLine);
    this.#partialLine = "";
    await this.#delivered;
  }

  /** Both streams as outputs, each without its last newline. */
  get outputs(): CommandOutputs {
    return {
      stdout: this.#text.stdout.replace(/\n$/, ""),
      stderr: this.#text.stderr.replace(/\n$/, ""),
    };
  }

  /** An error with the reason, the command and its whole output in order of arrival. */
  failure(reason: string, command: string): Error {
    return new Error(`${reason}: running ${JSON.stringify(command)}:\n${this.#both}`);
  }

  #log(line: string): void {
    this.#delivered = this.#delivered.then(() => this.#onLine(line));
  }
}
