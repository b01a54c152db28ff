import { trafficTables } from "../../../contract/routes/traffic.ts";
import { type Repeated, repeat } from "../../daemon/repeat.ts";
import { factsOf } from "../../haproxy/info.ts";
import { askAll } from "../../haproxy/runtime.ts";
import { tableRows } from "../../haproxy/tables.ts";
import type { TrafficSums } from "./sums.ts";

const everyMs = 5000;
const answerMs = 3000;
/** An entry is a line of some 300 bytes, and the table of answers has 50,000 at most. */
const mostBytes = 32 * 1024 * 1024;
const tables = Object.values(trafficTables);

/** Reads what HAProxy has counted of each route, again and again. */
export function readTraffic(
  socket: string,
  sums: TrafficSums,
  isRoute: (host: string) => boolean,
  onTurn: (problem: string | null) => void,
): Repeated {
  // One connection, so that the worker that tells its process id is the one that has counted.
  const commands = [...tables.map((table) => `show table ${table}`), "show info"];
  const read = async () => {
    const answers = await askAll(socket, commands, { timeoutMs: answerMs, maxBytes: mostBytes });
    await sums.add(factsOf(answers).pid, tableRows(answers, tables), isRoute);
  };
  return repeat(everyMs, read, onTurn);
}
