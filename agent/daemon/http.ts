import { createServer, type Server } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type * as z from "zod";
import { request } from "../host/request.ts";

const retryMs = 1000;
/** Connections at once, and how many of them only this host and its peers may take. */
const places = 64;
const reservedPlaces = 16;
/** A request that has not arrived after this time ends; Node looks as often as the second number says. */
const requestMs = 5000;
const lookMs = 500;

interface Page {
  readonly type: string;
  readonly body: string;
}

/** What is served, by path. */
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>;

export interface Where {
  readonly address: string;
  readonly port: number;
}

/**
 * Serves pages by their path on every address; one that cannot be bound yet is tried again every second.
 * `onProblem` gets each problem of an address once, as a sentence that ends with the remedy. `trusted` are addresses with
 * places of their own: no other client can take the last ones.
 */
export function serve(
  { listen, trusted }: { readonly listen: readonly Where[]; readonly trusted: readonly string[] },
  pages: Pages,
  onProblem: (sentence: string) => void,
): { close(): void } {
  const closers = listen.map(({ address, port }) =>
    keepListening(pageServer(pages, new Set(trusted)), { host: address, port }, "pages", onProblem),
  );
  return {
    close: () => {
      for (const close of closers) close();
    },
  };
}

/**
 * Has a server listen, and tries again every second while it cannot; returns how to close it with its connections.
 * @param what it serves, for a sentence
 * @param onProblem gets each problem once, as a sentence that ends with the remedy
 */
export function keepListening(
  server: Server | HttpsServer,
  where: Readonly<{ host: string; port: number }> | Readonly<{ path: string }>,
  what: string,
  onProblem: (sentence: string) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const reported = new Set<string>();
  const listen = (): void => {
    server.listen(where);
  };
  const tell = (problem: string): void => {
    if (!reported.has(problem)) onProblem(problem);
    reported.add(problem);
  };
  server.on("error", (error: Error) => {
    const about = `on ${"path" in where ? where.path : `${where.host}:${where.port}`} (${error.message})`;
    // A listening server that cannot accept one connection accepts the next.
    if (server.listening)
      return tell(`a request could not be accepted ${about}: find the client that connects so often`);
    tell(`${what} cannot be served ${about}: tried again every second`);
    timer = setTimeout(listen, retryMs);
  });
  listen();
  return () => {
    clearTimeout(timer);
    server.close();
    server.closeAllConnections();
  };
}

function pageServer(pages: Pages, trusted: ReadonlySet<string>): Server {
  const server = createServer({ connectionsCheckingInterval: lookMs }, (request, response) => {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(page === undefined ? 404 : 405, { "content-type": "text/plain" });
      response.end(`see ${Object.keys(pages).join(" and ")}\n`);
      return;
    }
    Promise.resolve()
      .then(page)
      .then(({ type, body }) => {
        response.writeHead(200, { "content-type": type, "cache-control": "no-store" });
        response.end(request.method === "HEAD" ? "" : body);
      })
      .catch(() => response.writeHead(500).end());
  });
  server.maxConnections = places;
  server.headersTimeout = requestMs;
  server.requestTimeout = requestMs;
  server.keepAliveTimeout = requestMs;
  let others = 0;
  server.on("connection", (socket) => {
    if (trusted.has(socket.remoteAddress ?? "")) return;
    if (others >= places - reservedPlaces) {
      socket.destroy();
      return;
    }
    others += 1;
    socket.once("close", () => {
      others -= 1;
    });
  });
  return server;
}

const maxBytes = 1024 * 1024;

/** A page of another daemon, or of this host's, as its schema has it; rejects when no whole page came within timeoutMs. */
export async function askPage<Shape extends z.ZodType>(
  { address, port }: Where,
  path: string,
  shape: Shape,
  timeoutMs: number,
): Promise<z.output<Shape>> {
  const { text } = await request(new URL(`http://${address}:${port}${path}`), { timeoutMs, maxBytes });
  return shape.parse(JSON.parse(text));
}
