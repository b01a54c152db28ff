import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { isIP, type Socket } from "node:net";
import { failureOf, ProbeFailure } from "./failure.ts";

export interface Answer {
  readonly status: number;
  /** Of a GET, at most 16 KB; empty otherwise. */
  readonly body: string;
}

const maxBody = 16_384;
const maxInterim = 8;

/** One HTTP request on an open connection to the target; Node bounds the headers to 16 KB. */
export async function answerOf(socket: Socket, target: Site): Promise<Answer> {
  const { method, path, authority } = target;
  const asked = request({
    createConnection: () => socket,
    method,
    path,
    headers: { host: authority, "user-agent": "hapair", accept: "*/*" },
  });
  let interim = 0;
  asked.on("information", () => {
    interim += 1;
    if (interim > maxInterim) asked.destroy(new Error("no end of interim answers"));
  });
  asked.end();
  try {
    const [response]: IncomingMessage[] = await once(asked, "response");
    if (response?.statusCode === undefined) throw new ProbeFailure("bad-response");
    return { status: response.statusCode, body: method === "GET" ? await bodyOf(response) : "" };
  } catch (error) {
    throw error instanceof ProbeFailure ? error : failureOf(error, "bad-response");
  } finally {
    asked.on("error", () => {}).destroy();
  }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response) {
    const bytes = Buffer.from(part);
    length += bytes.length;
    if (length > maxBody) throw new ProbeFailure("bad-response");
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** What is asked through a proxy. */
export interface Site {
  readonly method: "HEAD" | "GET";
  readonly secure: boolean;
  /** Name or address without brackets; the proxy resolves a name. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** As the Host header has it. */
  readonly authority: string;
  /** For the TLS server name; empty for an address, which has none. */
  readonly serverName: string;
}

export function siteOf(address: string, method: Site["method"]): Site {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const secure = url.protocol === "https:";
  return {
    method,
    secure,
    host,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    authority: url.host,
    serverName: isIP(host) === 0 ? host : "",
  };
}
