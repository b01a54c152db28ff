import { opening, RuntimeError } from "./runtime.ts";

const tableHead = "# table: ";

/** An entry of a stick table whose key is a word. */
export interface TableRow {
  readonly table: string;
  readonly key: string;
  /** `conn_cur`; 0 where the table does not have it. */
  readonly open: number;
  /** `gpc(N)`: general purpose counters of 32 bits. */
  readonly counters: readonly number[];
}

/**
 * The entries out of the answers to `show table NAME`, of one table or of several in turn. Throws a RuntimeError where one
 * of the tables is not there.
 */
export function* tableRows(answers: string, tables: readonly string[]): Generator<TableRow> {
  const missing = tables.find((table) => !answers.includes(`${tableHead}${table},`));
  if (missing !== undefined)
    throw new RuntimeError("garbage", `haproxy does not show its table ${missing}: ${opening(answers)}`);
  let table = "";
  for (let from = 0; from < answers.length; ) {
    const end = endOf(answers, "\n", from, answers.length);
    if (answers.startsWith(tableHead, from))
      table = answers.slice(from + tableHead.length, answers.indexOf(",", from));
    else if (answers.startsWith("0x", from)) yield rowOf(table, answers, from, end);
    from = end + 1;
  }
}

/**
 * One line: `0x…: key=KEY use=0 exp=59999 shard=0 conn_cur=0 gpc0=7 gpc1=0 gpc0_rate(10000)=2`. Its words are not cut out
 * one by one: ten thousand lines would be some megabytes of garbage.
 */
function rowOf(table: string, answers: string, from: number, end: number): TableRow {
  const keyAt = answers.indexOf(" key=", from) + " key=".length;
  let at = endOf(answers, " ", keyAt, end);
  const key = answers.slice(keyAt, at);
  let open = 0;
  const counters: number[] = [];
  while (at < end) {
    const word = at + 1;
    at = endOf(answers, " ", word, end);
    if (answers.startsWith("conn_cur=", word)) open = numberIn(answers, word + "conn_cur=".length, at);
    if (!answers.startsWith("gpc", word)) continue;
    const equals = endOf(answers, "=", word, at);
    const counter = numberIn(answers, word + "gpc".length, equals);
    // A rate has further letters behind the counter's number.
    if (!Number.isNaN(counter)) counters[counter] = numberIn(answers, equals + 1, at);
  }
  return { table, key, open, counters };
}

function endOf(text: string, mark: string, from: number, end: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 || at > end ? end : at;
}

/** A whole number; NaN where there is something else. */
function numberIn(text: string, from: number, end: number): number {
  let value = 0;
  for (let at = from; at < end; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
