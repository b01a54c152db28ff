import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { waitFor } from "../../../base/waitFor.ts";
import { startClient } from "../startClient.ts";
import type { EdgeSessionsLine, EdgeSessionsPlan } from "./sessionsPlan.ts";

const readyMs = 30_000;

/** Clients of the edge whose connections stay open while others come. */
export interface EdgeSessions {
  /** New connections that have ended until now. */
  count(): number;
  /** Serial numbers of the certificates that new connections got, in order, each once. */
  serials(): readonly string[];
  /** What failed or was closed until now, as sentences. */
  problems(): readonly string[];
  stop(): Promise<void>;
}

/** Resolves once everything is open. Rejects where it is not in time. */
export async function startEdgeSessions(lab: string, plan: EdgeSessionsPlan): Promise<EdgeSessions> {
  const program = join(import.meta.dirname, "sessionsProgram.ts");
  const child = startClient(lab, program, JSON.stringify(plan));
  const ended = once(child, "exit");
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  const lines: EdgeSessionsLine[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
  const of = (kind: EdgeSessionsLine["kind"]) => lines.filter((line) => line.kind === kind);
  const problems = () =>
    lines
      .filter(({ kind, outcome }) => kind !== "ready" && !(kind === "new" && outcome === "200"))
      .map(({ kind, outcome, atMs }) => `${kind}: ${outcome} at ${new Date(atMs).toISOString()}`);
  if ((await waitFor(readyMs, () => of("ready")[0])) === undefined) {
    await stop();
    throw new Error(`the clients of the edge have not opened their connections: ${problems().join(", ")}`);
  }
  return {
    count: () => of("new").length,
    serials: () => [...new Set(of("new").flatMap(({ serial }) => serial ?? []))],
    problems,
    stop,
  };
}
