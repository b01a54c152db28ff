import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as requestHttp } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import { type Agent, request as requestHttps } from "node:https";
import { join } from "node:path";
import type { PairOutputs } from "../../../contract/stackOutputs.ts";
import { startTargetAt } from "../../../drills/clients/routes/target.ts";
import { routesMapFile } from "../../../render/paths.ts";
import type { PreparedStack } from "../../harness/testStack.ts";
import { must } from "../../lab/hosts/onHost.ts";

/** Clients of the edge, from the machine on which the tests run, and targets on the application server. */

export const nodes = ["haproxy1", "haproxy2"] as const;
/** The application server, and the port of the target there. */
export const target = { address: "10.0.1.10", port: 3000 };

export async function pairOutputs(stack: PreparedStack): Promise<PairOutputs> {
  const { pairs } = await stack.outputs();
  if (pairs.pg === undefined) throw new Error("the stack has no outputs of its pair");
  return pairs.pg;
}

/** Starts a target on the application server, until `stop`. @param program as seen from here; default the drills' */
export async function startTarget(lab: string, program?: string): Promise<{ stop(): Promise<void> }> {
  const other = program === undefined ? {} : { program: join(import.meta.dirname, program) };
  return { stop: await startTargetAt(lab, { ...target, ...other }) };
}

/** Commands to a worker's Runtime API, as its administrator. */
export async function runtime(lab: string, node: string, command: string): Promise<string> {
  const program = `const s = require("net").connect("/run/haproxy/admin.sock"); s.pipe(process.stdout); s.write(process.argv[1] + "\\n");`;
  return (await must(lab, node, ["node", "-e", program, command])).stdout;
}

/** Has both nodes serve a host name, by a value of haproxy's map. */
export async function route(lab: string, host: string, value: string): Promise<void> {
  for (const node of nodes) await runtime(lab, node, `add map ${routesMapFile} ${host} ${value}`);
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** @param at URL of the edge, with the path; `host` is the name that the client asks for */
export function get(
  at: string,
  host: string,
  {
    ca,
    headers = {},
    agent = false,
  }: {
    readonly ca?: string;
    readonly headers?: Readonly<Record<string, string>>;
    /** Default: a connection of its own. */
    readonly agent?: Agent | false;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const url = new URL(at);
    const isSecure = url.protocol === "https:";
    const options = { headers: { host, ...headers }, agent, timeout: 10_000, ca, servername: host };
    const request = (isSecure ? requestHttps : requestHttp)(url, options, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part) => {
        body += part;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    request.on("timeout", () => request.destroy(new Error(`no answer from ${at}`)));
    request.on("error", reject).end();
  });
}

/** What a WebSocket over HTTP/2 (RFC 8441) echoes; otherwise the status of the answer. */
export async function webSocketByHttp2(edge: string, host: string, ca: string): Promise<string> {
  const session = connect(edge, { ca, servername: host });
  try {
    await once(session, "remoteSettings");
    return await echoed(session, host);
  } finally {
    session.destroy();
  }
}

function echoed(session: ClientHttp2Session, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ...{ ":method": "CONNECT", ":protocol": "websocket", ":scheme": "https", ":path": "/" },
      ...{ ":authority": host, "sec-websocket-version": "13" },
    });
    stream.setTimeout(10_000, () => reject(new Error(`no answer from ${host}`)));
    stream.on("error", reject).on("response", ({ ":status": status }) => {
      if (status !== 200) return resolve(String(status));
      stream.on("data", (data) => resolve(String(data)));
      stream.write("echo");
    });
  });
}

/** What a WebSocket over HTTP/1.1 and TLS echoes; otherwise the status of the answer. */
export function webSocketByHttp1(edge: string, host: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...{ host, connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
      "sec-websocket-key": randomBytes(16).toString("base64"),
    };
    const request = requestHttps(edge, { headers, ca, servername: host, agent: false, timeout: 10_000 });
    request.on("timeout", () => request.destroy(new Error(`no answer from ${host}`)));
    request.on("response", (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    request.on("upgrade", (_, socket) => {
      socket.once("data", (data) => {
        resolve(String(data));
        socket.destroy();
      });
      socket.write("echo");
    });
    request.on("error", reject).end();
  });
}
