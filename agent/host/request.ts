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
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

/** What came was late, or too long. */
export class AnswerFault extends Error {
  override readonly name = "AnswerFault";
  readonly fault: "timeout" | "too-large";

  constructor(fault: AnswerFault["fault"], message: string) {
    super(message);
    this.fault = fault;
  }
}

/**
 * One HTTP exchange, bounded in time and memory. Follows no redirect. Rejects where no whole answer came, with an AnswerFault
 * where that is because of these bounds.
 */
export function request(url: URL, options: RequestOptions): Promise<Answer> {
  const { method = "GET", headers = {}, body, timeoutMs, maxBytes, agent = false } = options;
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const late = AbortSignal.timeout(timeoutMs);
  const signal = options.signal === undefined ? late : AbortSignal.any([late, options.signal]);
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      // Node says "aborted" in both cases.
      if (bytes > maxBytes)
        reject(new AnswerFault("too-large", `${url.host} answers with more than ${maxBytes} bytes`));
      else if (late.aborted)
        reject(new AnswerFault("timeout", `no answer from ${url.host} within ${timeoutMs} ms`));
      else reject(error);
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
