import { crc32 } from "node:zlib";
import * as z from "zod";
import { balancedBackends } from "../../../contract/routes/balanced.ts";
import { HostName, Route, StoredRoute } from "../../../contract/routes/route.ts";

/** The lines of a node's log of routes. */

const Version = z.int().min(0);
/** The store's name of a change. */
const Mark = z.string().regex(/^\S{0,40}$/);

/**
 * The first line. What follows it are `routes` lines of routes, which together are the table of that version, and then the
 * changes since.
 */
const Head = z.strictObject({
  is: z.literal("log"),
  format: z.literal(1),
  pair: z.string(),
  version: Version,
  mark: Mark,
  routes: z.int().min(0),
});

const Stored = z.strictObject({ is: z.literal("route"), route: StoredRoute });

/** A change as the store has numbered it; `transaction` is the number of the last change of its transaction. */
const Changed = z.strictObject({
  is: z.literal("change"),
  version: Version,
  mark: Mark,
  transaction: Version,
  host: HostName,
  route: z.nullable(Route),
});

/** The address that a target's name had last: haproxy starts with it, before anything is resolved. */
const Resolved = z.strictObject({ is: z.literal("address"), name: HostName, address: z.ipv4() });

/** Which of haproxy's backends has the servers of a route on this node, as long as the route needs one. */
const Numbered = z.strictObject({
  is: z.literal("backend"),
  host: HostName,
  number: z.int().min(1).max(balancedBackends),
});

const LogRecord = z.discriminatedUnion("is", [Head, Stored, Changed, Resolved, Numbered]);
export type LogRecord = z.output<typeof LogRecord>;
export type ChangeRecord = z.output<typeof Changed>;

/** A line: CRC-32 of the rest in eight hex digits, a space, JSON. */
export function lineOf(record: LogRecord): string {
  const text = JSON.stringify(record);
  return `${checksum(text)} ${text}\n`;
}

/** @param line without its end; undefined where its checksum or its content is not that of a line of this version */
export function recordOf(line: Buffer): LogRecord | undefined {
  if (line.length < 10 || line.subarray(0, 9).toString("latin1") !== `${checksum(line.subarray(9))} `)
    return undefined;
  try {
    return LogRecord.safeParse(JSON.parse(line.toString("utf8", 9))).data;
  } catch {
    return undefined;
  }
}

function checksum(text: string | Buffer): string {
  return crc32(text).toString(16).padStart(8, "0");
}
