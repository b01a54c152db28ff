import { chmodSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import { join } from "node:path";
import { messageOf } from "../../../base/failure.ts";
import type { RouteEvent } from "../../../contract/routes/event.ts";
import { localSocketName, type RoutesConfig } from "../../../contract/routesConfig.ts";
import { keepListening } from "../../daemon/http.ts";
import type { Log } from "../../daemon/log.ts";
import type { Source } from "./admission.ts";
import { openAdmission } from "./admission.ts";
import { followCertificate } from "./certificate.ts";
import { openEventStreams } from "./events.ts";
import { type Behind, exchange } from "./exchange.ts";
import type { Handlers } from "./handlers.ts";
import type { DoorMetrics } from "./metrics.ts";

/** Connections at once, and those of one source. */
const places = 512;
const placesOfSource = 128;
const headerBytes = 16 * 1024;
/** For a request's headers, for all of it, and for a TLS handshake. */
const headersMs = 5000;
const requestMs = 15_000;
const handshakeMs = 5000;
/** A connection without a request. */
const idleMs = 30_000;
const lookMs = 500;
const answerMs = 20_000;

export interface DoorOptions {
  readonly config: Pick<
    RoutesConfig,
    "listen" | "certificateFile" | "keyFile" | "folder" | "tokens" | "adminKeySha256" | "breaker"
  >;
  readonly handlers: Handlers;
  /** Calls with each event of this node; returns how to stop that. */
  readonly subscribe: (listener: (event: RouteEvent) => void) => () => void;
  /** The table's version now. */
  readonly version: () => number;
  readonly metrics: DoorMetrics;
  readonly log: Log;
}

export interface Door {
  /** Clients that follow the events now. */
  listeners(): number;
  close(): void;
}

/**
 * Serves the API: over TLS on the config's address, and to the node's root on a Unix socket. Without a certificate that
 * can be used, no handshake succeeds until there is one.
 */
export function openDoor({ config, handlers, subscribe, version, metrics, log }: DoorOptions): Door {
  const path = join(config.folder, localSocketName);
  // One that a killed daemon has left would be taken for a daemon. First: where it cannot be removed, nothing has begun.
  rmSync(path, { force: true });
  const streams = openEventStreams(subscribe);
  const behind: Behind = {
    admission: openAdmission(config),
    handlers,
    stream: (response) =>
      streams.add(response, { type: "table", at: new Date().toISOString(), version: version() }),
    metrics,
    log,
    resetMs: config.breaker.resetMs,
    deadlineMs: answerMs,
  };
  const onProblem = (sentence: string) => log.say("warning", sentence);
  const limits = {
    maxHeaderSize: headerBytes,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: lookMs,
  };

  const { address, port } = config.listen;
  const remote = createHttpsServer(
    { ...limits, handshakeTimeout: handshakeMs },
    listener(behind, (socket) => ({ address: socket.remoteAddress ?? "", to: socket.localAddress ?? "" })),
  );
  limitPlaces(remote);
  const closeRemote = keepListening(remote, { host: address, port }, "the routes' API", onProblem);
  const local = createHttpServer(
    limits,
    listener(behind, () => "local"),
  );
  // Its folder is the agent's: nobody else gets there before the mode is set.
  local.on("listening", () => {
    try {
      chmodSync(path, 0o600);
    } catch (error) {
      onProblem(
        `${path} is not for root alone (${messageOf(error)}): see who removes files there, and restart hapair`,
      );
    }
  });
  const closeLocal = keepListening(local, { path }, "the routes' API for root", onProblem);
  const following = followCertificate(config, (options) => remote.setSecureContext(options), log);

  return {
    listeners: streams.listeners,
    close: () => {
      following.stop();
      streams.close();
      closeRemote();
      closeLocal();
    },
  };
}

function listener(behind: Behind, sourceOf: (socket: Socket) => Source): RequestListener {
  return (request, response) => void exchange(request, response, sourceOf(request.socket), behind);
}

/** Closes connections that are too many, before their handshake costs anything. */
function limitPlaces(server: Server | HttpsServer): void {
  server.maxConnections = places;
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const source = socket.remoteAddress ?? "";
    const count = open.get(source) ?? 0;
    if (count >= placesOfSource) return void socket.destroy();
    open.set(source, count + 1);
    socket.once("close", () => {
      const left = (open.get(source) ?? 1) - 1;
      if (left > 0) open.set(source, left);
      else open.delete(source);
    });
  });
}
