import { once } from "node:events";
import { Agent, createServer, type IncomingHttpHeaders, request } from "node:http";
import { createServer as createTcpServer } from "node:net";

/** Targets of routes and clients of the edge, in this process. */

export interface Target {
  readonly url: string;
  readonly port: number;
  close(): void;
}

export interface HttpTarget extends Target {
  /** Resolves when the next request is here. */
  asked(): Promise<unknown>;
}

/** Answers with its name; `/slow` after a second. */
export async function target(name: string): Promise<HttpTarget> {
  const server = createServer((request, response) => {
    setTimeout(() => response.end(name), request.url === "/slow" ? 1000 : 0);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server.address());
  return {
    ...{ url: `http://127.0.0.1:${port}`, port },
    close: () => server.close(),
    asked: () => once(server, "request"),
  };
}

/** Accepts connections, and does as told with what it reads. */
export async function rawTarget(answer: string | "silence" | "close"): Promise<Target> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      if (answer === "close") socket.destroy();
      else if (answer !== "silence") socket.end(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server.address());
  return { url: `http://127.0.0.1:${port}`, port, close: () => server.close() };
}

function portOf(address: ReturnType<ReturnType<typeof createTcpServer>["address"]>): number {
  return typeof address === "object" && address ? address.port : 0;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  /** Whether the edge closes the connection after it. */
  readonly closes: boolean;
}

/** @param agent keeps its connection; without one each request has its own */
export function get(port: number, host: string, path = "/", agent: Agent | false = false): Promise<Answer> {
  return ask(port, { host, path, agent });
}

interface Asking {
  readonly host: string;
  readonly method?: string;
  readonly path?: string;
  readonly agent?: Agent | false;
  readonly headers?: Readonly<Record<string, string>>;
}

export function ask(
  port: number,
  { host, method = "GET", path = "/", agent = false, headers = {} }: Asking,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { port, host: "127.0.0.1", method, path, agent, headers: { ...headers, host }, timeout: 5000 },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (part) => {
          body += part;
        });
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            ...{ status: response.statusCode ?? 0, body, headers: response.headers },
            closes: response.headers.connection === "close",
          }),
        );
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer within 5 s")));
    sent.on("error", reject).end();
  });
}

export const keepAlive = () => new Agent({ keepAlive: true, maxSockets: 1 });

/** A client that asks again and again, until `stop`: what it was answered that is not one of these. */
export function asking(
  port: number,
  host: string,
  ...expected: readonly string[]
): { stop(): Promise<readonly string[]> } {
  const wrong: string[] = [];
  let count = 0;
  let isStopped = false;
  const running = (async () => {
    while (!isStopped) {
      const found = await get(port, host).then(
        ({ status, body }) => `${status} ${body}`,
        (error: unknown) => String(error),
      );
      count += 1;
      if (!expected.some((body) => found === `200 ${body}`)) wrong.push(found);
    }
  })();
  return {
    stop: async () => {
      isStopped = true;
      await running;
      return count > 0 ? wrong : ["nothing was asked"];
    },
  };
}
