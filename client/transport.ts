import { request as httpRequest, type RequestOptions } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { checkServerIdentity } from "node:tls";

/** A larger answer is none of the API's. */
const mostBytes = 64 * 1024 * 1024;
/** A node that is up accepts within this time, ms; another one is asked then. */
const connectMs = 1000;

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Received {
  readonly status: number;
  readonly text: string;
  /** s; undefined where the answer does not say. */
  readonly retryAfterS: number | undefined;
}

/** One exchange with one node; rejects where no whole answer came within `timeoutMs`. */
export type Exchange = (sent: Sent, timeoutMs: number) => Promise<Received>;

/**
 * Over TLS, with an authority of its own: the process's trust is neither used nor changed. `fetch` cannot do that without a
 * dependency, so this is `node:https`, with connections that stay open between requests.
 * @param serverName to find in the certificate, where that is not the URL's host
 */
export function overTls(url: URL, ca: string, serverName?: string): Exchange {
  const agent = new Agent({
    keepAlive: true,
    ca,
    minVersion: "TLSv1.2",
    ...(serverName !== undefined && {
      checkServerIdentity: (_, certificate) => checkServerIdentity(serverName, certificate),
    }),
  });
  const where = { agent, hostname: url.hostname.replace(/^\[|\]$/g, ""), port: url.port || 443 };
  const prefix = url.pathname.replace(/\/$/, "");
  return (sent, timeoutMs) =>
    exchange(httpsRequest, { ...where, path: `${prefix}${sent.path}` }, sent, timeoutMs);
}

/** Over a Unix socket, for root on a node: that needs no token. */
export function overSocket(socketPath: string): Exchange {
  return (sent, timeoutMs) => exchange(httpRequest, { socketPath, path: sent.path }, sent, timeoutMs);
}

function exchange(
  send: typeof httpRequest,
  where: RequestOptions,
  { method, headers, body }: Sent,
  timeoutMs: number,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const request = send(
      { ...where, method, headers, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on("data", (part: Buffer) => {
          bytes += part.length;
          if (bytes > mostBytes) request.destroy(new Error(`more than ${mostBytes} bytes`));
          else parts.push(part);
        });
        response.on("error", reject);
        response.on("end", () => {
          const wait = Number(response.headers["retry-after"]);
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(parts).toString("utf8"),
            retryAfterS: wait > 0 ? wait : undefined,
          });
        });
      },
    );
    request.on("socket", (socket) => {
      if (!socket.connecting) return;
      const late = setTimeout(
        () => request.destroy(new Error(`no connection within ${connectMs} ms`)),
        Math.min(connectMs, timeoutMs),
      );
      for (const event of ["connect", "close"]) socket.once(event, () => clearTimeout(late));
    });
    request.on("error", reject);
    request.end(body);
  });
}
