import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { type DrilledPair, edgeOf } from "../../pair.ts";
import { waitUntil } from "../../time.ts";
import { startClient } from "../startClient.ts";
import { targetUrl } from "./target.ts";

/** How one change ended. The number is what the route's target sees in its host header. */
const Written = z.strictObject({
  label: z.string(),
  number: z.int(),
  /** When it ended, ms on the monotonic clock, and how long it took. */
  atMs: z.number(),
  tookMs: z.number(),
  /** The nodes that had it when it was acknowledged. */
  appliedOn: z.exactOptional(z.array(z.string())),
  /** Why it was not acknowledged: the code and the sentence. */
  failed: z.exactOptional(z.string()),
  words: z.exactOptional(z.string()),
});
export type Written = z.infer<typeof Written>;

/** Clients that change routes one after another, and know what was acknowledged. */
export interface Writer {
  /** The changes that have ended, in the order in which they ended. */
  readonly written: readonly Written[];
  /** Those of them that were acknowledged. */
  made(): readonly Written[];
  /** Waits until so many more were acknowledged. */
  more(count: number, withinMs: number, signal: AbortSignal): Promise<void>;
  /** The changes that were not acknowledged, as sentences. */
  failed(): readonly string[];
  /** The last acknowledged number by label, of changes that ended from then on, ms on the monotonic clock. */
  acknowledged(sinceMs?: number): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

/** How many clients change how many routes each, one after another, and how long each pauses between two changes. */
interface Size {
  readonly clients: number;
  readonly routes: number;
  readonly pauseMs: number;
}

/** Clients on the application server that go by the virtual address or, where that is silent, by a node's own. */
export function startWriter(pair: DrilledPair, size: Size = { clients: 4, routes: 10, pauseMs: 20 }): Writer {
  const { api } = edgeOf(pair);
  const plan = { ...api, ...size, target: targetUrl(pair) };
  const child = startClient(pair.lab, join(import.meta.dirname, "writerProgram.ts"), JSON.stringify(plan));
  const exit = once(child, "exit");
  const written: Written[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => written.push(Written.parse(JSON.parse(line))));
  const allRead = once(lines, "close");
  const made = () => written.filter(({ failed }) => failed === undefined);
  return {
    written,
    made,
    more: async (count, withinMs, signal) => {
      const wanted = made().length + count;
      const problem = () => {
        const missing = wanted - made().length;
        const last = written.findLast(({ failed }) => failed !== undefined)?.words;
        return missing > 0
          ? `${missing} of ${count} changes of routes are not made (last failure: ${last ?? "none"})`
          : undefined;
      };
      await waitUntil(problem, withinMs, signal);
    },
    failed: () => written.flatMap(({ words }) => words ?? []),
    acknowledged: (sinceMs = 0) =>
      Object.fromEntries(
        made()
          .filter(({ atMs }) => atMs >= sinceMs)
          .map(({ label, number }) => [label, number]),
      ),
    stop: async () => {
      child.stdin.end();
      await Promise.all([exit, allRead]);
    },
  };
}
