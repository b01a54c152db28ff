import { createHash } from "node:crypto";
import { once } from "node:events";
import type { ClientOptions, WebSocket } from "ws";

/** Conversations of a client with a target; what the client hears has to be the same through the edge. */

/** Of one message to the target, bytes. */
export const largestMessage = 2 * 2 ** 20;

export interface Case {
  readonly name: string;
  readonly path?: string;
  readonly protocols?: readonly string[];
  readonly options?: ClientOptions;
  /** Left out where there is no WebSocket to talk by. */
  readonly talk?: (socket: WebSocket, heard: Heard) => void | Promise<void>;
  /** The code with which it ends; a status where there is no WebSocket. */
  readonly ends: number;
}

/** What a client hears, in order. */
export class Heard {
  readonly words: string[] = [];
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    const tell = (...words: readonly unknown[]) => {
      this.words.push(words.join(" "));
      socket.emit("heard");
    };
    socket.on("message", (data, isBinary) => tell(isBinary ? "binary" : "text", brief(asBuffer(data))));
    socket.on("ping", (data) => tell("ping", data));
    socket.on("pong", (data) => tell("pong", data));
    socket.on("unexpected-response", (_, { statusCode }) => {
      tell("end", statusCode);
      socket.terminate();
    });
    socket.on("close", (code, reason) => tell("end", code, reason));
  }

  async until(count: number): Promise<void> {
    while (this.words.length < count) await once(this.#socket, "heard");
  }
}

function asBuffer(data: unknown): Buffer {
  if (Buffer.isBuffer(data)) return data;
  throw new Error("ws gives messages as buffers");
}

function brief(data: Buffer): string {
  return data.length < 80
    ? JSON.stringify(data.toString())
    : `${data.length} bytes ${createHash("sha256").update(data).digest("hex").slice(0, 16)}`;
}

const echoed =
  (...messages: readonly (string | Buffer)[]): NonNullable<Case["talk"]> =>
  async (socket, heard) => {
    for (const message of messages) socket.send(message);
    await heard.until(messages.length);
    socket.close(1000);
  };

const [e2, ...rest] = Buffer.from("€");
const middle = [Buffer.from([e2 ?? 0]), Buffer.from(rest)] as const;
const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, index) => (index * 31) % 256));
const closing = (code: number, reason?: string): Case => ({
  name: `the client closes with ${code}`,
  talk: (socket) => socket.close(code, reason),
  ends: code,
});
const closed = (code: number): Case => ({
  name: `the target closes with ${code}`,
  path: `/close/${code}`,
  talk: (socket) => socket.send("close"),
  ends: code,
});

export const cases: readonly Case[] = [
  { name: "an empty text", talk: echoed(""), ends: 1000 },
  { name: "a text in UTF-8 of one to four bytes", talk: echoed("aé€😀"), ends: 1000 },
  { name: "a binary of every byte", talk: echoed(bytes(256)), ends: 1000 },
  {
    name: "lengths at the borders of a frame's formats",
    talk: echoed(...[125, 126, 65_535, 65_536].map(bytes)),
    ends: 1000,
  },
  { name: "a text of 1 MB", talk: echoed("0123456789abcdef".repeat(65_536)), ends: 1000 },
  { name: "a binary of 1 MB", talk: echoed(bytes(2 ** 20)), ends: 1000 },
  {
    name: "a thousand messages at once",
    talk: echoed(...Array.from({ length: 1000 }, (_, index) => `message ${index}`)),
    ends: 1000,
  },
  {
    name: "a text in three fragments",
    talk: async (socket, heard) => {
      for (const [index, part] of ["one ", "two ", "three"].entries())
        socket.send(part, { fin: index === 2 });
      await heard.until(1);
      socket.close(1000);
    },
    ends: 1000,
  },
  {
    name: "a ping between two fragments",
    talk: async (socket, heard) => {
      socket.send("before ", { fin: false });
      socket.ping("between");
      socket.send("after", { fin: true });
      await heard.until(2);
      socket.close(1000);
    },
    ends: 1000,
  },
  {
    name: "a character split between two fragments",
    talk: async (socket, heard) => {
      socket.send(middle[0], { fin: false, binary: false });
      socket.send(middle[1], { fin: true, binary: false });
      await heard.until(1);
      socket.close(1000);
    },
    ends: 1000,
  },
  {
    name: "a text that is no UTF-8",
    talk: (socket) => socket.send(middle[0], { binary: false }),
    ends: 1007,
  },
  {
    name: "a message beyond the target's limit",
    talk: (socket) => socket.send(bytes(largestMessage + 1)),
    ends: 1009,
  },
  {
    name: "a ping of the client's with 125 bytes",
    talk: async (socket, heard) => {
      socket.ping(bytes(125).map((byte) => byte % 128));
      await heard.until(1);
      socket.close(1000);
    },
    ends: 1000,
  },
  {
    name: "a ping of the target's",
    path: "/ping",
    talk: async (socket, heard) => {
      await heard.until(2);
      socket.close(1000);
    },
    ends: 1000,
  },
  {
    name: "a pong that nobody has asked for",
    talk: async (socket, heard) => {
      socket.pong("unasked");
      socket.send("and a text");
      await heard.until(1);
      socket.close(1000);
    },
    ends: 1000,
  },
  closing(1000, "the end"),
  closing(4999, "ä".repeat(61)),
  { name: "the client closes without a code", talk: (socket) => socket.close(), ends: 1005 },
  ...[1001, 1011, 3000].map(closed),
  {
    name: "the target drops the connection",
    path: "/drop",
    talk: (socket) => socket.send("drop"),
    ends: 1006,
  },
  { name: "a protocol of several", protocols: ["first", "second"], talk: echoed("text"), ends: 1000 },
  {
    name: "a path, a query and a header of the client's",
    path: "/asked/a%20b?c=d&e",
    options: { headers: { "x-case": "a header" } },
    talk: async (socket, heard) => {
      await heard.until(1);
      socket.close(1000);
    },
    ends: 1000,
  },
  { name: "an upgrade that the target refuses", path: "/refuse", ends: 401 },
];
