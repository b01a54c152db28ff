import { readFileSync } from "node:fs";
import { messageOf } from "../../base/failure.ts";
import { factsOf, type HaproxyFacts } from "../haproxy/info.ts";
import type { RuntimeClient } from "../haproxy/runtime.ts";
import { request } from "../host/request.ts";

/** Longer than this, and nobody is served in time. A look that waits for all of it ends before the next one is due. */
export const lookMs = 400;
const mostBytes = 64 * 1024;

/** What one look at HAProxy finds. */
export interface Look {
  readonly at: Date;
  /** Whether systemd has the unit's control group, and whether a process is in it: HAProxy, or what runs before its start. */
  readonly unit: boolean;
  readonly process: boolean;
  /** Null where the Runtime API does not answer. */
  readonly facts: HaproxyFacts | null;
  /** Of the Runtime API, ms. */
  readonly responseMs: number;
  /** Why the Runtime API, and the edge, give no answer; null where they do. */
  readonly apiProblem: string | null;
  readonly edgeProblem: string | null;
}

export interface Looked {
  readonly runtime: RuntimeClient;
  /** A listener of the edge on this node: any answer to a request is a good one. */
  readonly edge: { readonly address: string; readonly port: number };
  /** `cgroup.events` of haproxy's unit; every user may read it (cgroups(7)). */
  readonly eventsFile: string;
}

/** Never rejects. */
export async function lookAtHaproxy({ runtime, edge, eventsFile }: Looked): Promise<Look> {
  const begunAt = performance.now();
  const asked = runtime.ask("show info").then((answer) => ({
    facts: factsOf(answer),
    responseMs: performance.now() - begunAt,
    apiProblem: null,
  }));
  const [api, edgeProblem] = await Promise.all([
    asked.catch((error: unknown) => ({
      facts: null,
      responseMs: performance.now() - begunAt,
      apiProblem: messageOf(error),
    })),
    request(new URL(`http://${edge.address}:${edge.port}/`), {
      timeoutMs: lookMs,
      maxBytes: mostBytes,
    }).then(() => null, messageOf),
  ]);
  const events = eventsOf(eventsFile);
  return {
    at: new Date(),
    unit: events !== null,
    process: /^populated 1$/m.test(events ?? ""),
    ...api,
    edgeProblem,
  };
}

function eventsOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
