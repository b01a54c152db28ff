import { type Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** A longer answer is refused. */
  readonly maxBytes: number;
  /** Keeps connections open; by default each request has its own. */
  readonly agent?: Agent;
}

/** One HTTP exchange, bounded in time and memory. Follows no redirect. Rejects where no whole answer came. */
export function request(url: URL, options: RequestOptions): Promise<Answer> {
  const { method = "GET", headers = {}, body, timeoutMs, maxBytes, agent = false } = options;
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      // Node says "aborted" in both cases.
      if (bytes > maxBytes) reject(new Error(`${url.host} answers with more than ${maxBytes} bytes`));
      else reject(signal.aborted ? new Error(`no answer from ${url.host} within ${timeoutMs} ms`) : error);
    };
    let bytes = 0;
    const sent = send(url, { method, headers, agent, signal }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => {
        bytes += part.length;
        if (bytes > maxBytes) sent.destroy();
        else parts.push(part);
      });
      response.on("error", fail);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(parts).toString("utf8"),
        }),
      );
    });
    sent.on("error", fail);
    sent.end(body);
  });
}
