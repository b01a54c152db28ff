import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";

/** What a target does with a request: a status, or no answer. */
type Step = number | "close" | "silence";

interface Asked {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Port that the request's connection came from: the same one is the same connection. */
  readonly from: number | undefined;
}

export interface ScriptedTarget {
  readonly url: string;
  /** What it does with the next requests; it answers 200 to those after them. */
  steps: Step[];
  /** Requests since the last time that this was emptied. */
  readonly asked: Asked[];
  /** Headers of its answers. */
  headers: Readonly<Record<string, string>>;
  close(): void;
}

/** @param port default: a free one */
export async function scriptedTarget({
  port = 0,
  tls,
}: {
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
} = {}): Promise<ScriptedTarget> {
  const listener: RequestListener = (request, response) => {
    const { method, headers, socket } = request;
    target.asked.push({ method, headers, from: socket.remotePort });
    const step = target.steps.shift() ?? 200;
    if (step === "close") socket.destroy();
    else if (step !== "silence") response.writeHead(step, { ...target.headers }).end(`${step}`);
  };
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const open = typeof address === "object" && address ? address.port : 0;
  const target: ScriptedTarget = {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${open}`,
    ...{ steps: [], asked: [], headers: {} },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return target;
}
