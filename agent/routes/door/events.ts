import type { ServerResponse } from "node:http";
import type { RouteEvent } from "../../../contract/routes/event.ts";
import { RouteProblem } from "../problem.ts";

/** Listeners at once. */
const mostListeners = 32;
/** A listener that has not read so much is closed: it reads the routes again when it is back. */
const mostUnreadBytes = 1024 * 1024;
const heartbeatMs = 10_000;

export interface EventStreams {
  /** Sends every event from now on, after `first`. Throws a RouteProblem where there are too many listeners. */
  add(response: ServerResponse, first: RouteEvent): void;
  listeners(): number;
  close(): void;
}

/** Server-sent events (HTML Standard, 9.2). @param subscribe calls with each event; returns how to stop that */
export function openEventStreams(
  subscribe: (listener: (event: RouteEvent) => void) => () => void,
  everyMs = heartbeatMs,
): EventStreams {
  const open = new Set<ServerResponse>();

  function send(text: string): void {
    for (const response of open) {
      response.write(text);
      if (response.writableLength > mostUnreadBytes) response.destroy();
    }
  }

  const unsubscribe = subscribe((event) => {
    if (open.size > 0) send(eventText(event));
  });
  const heartbeat = setInterval(() => send(": alive\n\n"), everyMs);

  return {
    add: (response, first) => {
      if (open.size >= mostListeners)
        throw new RouteProblem(
          "too-many",
          `${mostListeners} listeners are connected: close one of them first.`,
        );
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(`retry: 1000\n\n${eventText(first)}`);
      open.add(response);
      response.once("close", () => open.delete(response));
    },
    listeners: () => open.size,
    close: () => {
      clearInterval(heartbeat);
      unsubscribe();
      for (const response of open) response.end();
      open.clear();
    },
  };
}

function eventText(event: RouteEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
