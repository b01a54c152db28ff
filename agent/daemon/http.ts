import { createServer, get, type Server } from "node:http";
import type * as z from "zod";

const retryMs = 1000;

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
 * `onProblem` gets each problem of an address once, as a sentence that ends with the remedy.
 */
export function serve(
  listen: readonly Where[],
  pages: Pages,
  onProblem: (sentence: string) => void,
): { close(): void } {
  const closers = listen.map((where) => serveOn(where, pages, onProblem));
  return {
    close: () => {
      for (const close of closers) close();
    },
  };
}

function serveOn(where: Where, pages: Pages, onProblem: (sentence: string) => void): () => void {
  const server = pageServer(pages);
  let timer: NodeJS.Timeout | undefined;
  const reported = new Set<string>();
  const listen = (): void => {
    server.listen({ host: where.address, port: where.port });
  };
  const tell = (problem: string): void => {
    if (!reported.has(problem)) onProblem(problem);
    reported.add(problem);
  };
  server.on("error", (error) => {
    const about = `on ${where.address}:${where.port} (${error.message})`;
    // A listening server that cannot accept one connection accepts the next.
    if (server.listening)
      return tell(`a request could not be accepted ${about}: find the client that connects so often`);
    tell(`pages cannot be served ${about}: tried again every second`);
    timer = setTimeout(listen, retryMs);
  });
  listen();
  return () => {
    clearTimeout(timer);
    server.close();
    server.closeAllConnections();
  };
}

function pageServer(pages: Pages): Server {
  const server = createServer((request, response) => {
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
  server.maxConnections = 64;
  server.headersTimeout = 5000;
  server.requestTimeout = 5000;
  server.keepAliveTimeout = 5000;
  return server;
}

const maxBytes = 1024 * 1024;

/** A page of another daemon, or of this host's, as its schema has it; rejects when no whole page came within timeoutMs. */
export function askPage<Shape extends z.ZodType>(
  { address, port }: Where,
  path: string,
  shape: Shape,
  timeoutMs: number,
): Promise<z.output<Shape>> {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: address, port, path, agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on("data", (part: Buffer) => {
          bytes += part.length;
          parts.push(part);
          if (bytes > maxBytes) request.destroy(new Error(`more than ${maxBytes} bytes`));
        });
        response.on("error", reject);
        response.on("end", () => {
          try {
            resolve(shape.parse(JSON.parse(Buffer.concat(parts).toString("utf8"))));
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    request.on("error", reject);
  });
}
