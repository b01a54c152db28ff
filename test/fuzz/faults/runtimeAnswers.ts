import { factsOf, oldWorkers } from "../../../agent/haproxy/info.ts";
import { mapEntries } from "../../../agent/haproxy/maps.ts";
import { RuntimeError } from "../../../agent/haproxy/runtime.ts";
import { serverStateRows, statRows } from "../../../agent/haproxy/servers.ts";
import { statLines } from "../../../agent/haproxy/stats.ts";
import { tableRows } from "../../../agent/haproxy/tables.ts";
import { faultOfWords } from "./words.ts";

const readers: readonly ((answer: string) => unknown)[] = [
  factsOf,
  oldWorkers,
  statRows,
  statLines,
  serverStateRows,
  mapEntries,
  (answer) => [...tableRows(answer, ["edge_sources"])],
];

/** What HAProxy's sockets answer, cut off or of another kind: read, or refused as what it is not. */
export function faultOfRuntimeAnswer(answer: string): string | undefined {
  for (const read of readers) {
    try {
      read(answer);
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      const found = faultOfWords(error.message, 1000);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
