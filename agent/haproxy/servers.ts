import { opening } from "./info.ts";
import { RuntimeError } from "./runtime.ts";

/** A server's line of `show stat`. */
export interface StatRow {
  readonly backend: string;
  readonly server: string;
  /** haproxy's word: UP, DOWN, MAINT, `UP 1/3`, `no check` … */
  readonly status: string;
  /** Result of the last health check, such as `L7OK`. */
  readonly check: string;
  readonly sessions: number;
}

/**
 * The servers out of `show stat`'s CSV; no field before `check_status` can hold a comma. A line that is none is left
 * out; throws a RuntimeError where the whole is no such table.
 */
export function statRows(csv: string): readonly StatRow[] {
  const [head = "", ...lines] = csv.trim().split("\n");
  const names = head.replace(/^# /, "").split(",");
  const fields = ["pxname", "svname", "status", "check_status", "scur"].map((name) => names.indexOf(name));
  const [backend, server, status, check, sessions] = fields;
  const last = Math.max(...fields);
  if (!head.startsWith("# pxname,svname,") || status === -1)
    throw new RuntimeError("garbage", `haproxy's answer to "show stat" is no table: ${opening(csv)}`);
  return lines.flatMap((line) => {
    const columns = line.split(",", last + 1);
    const of = (index: number | undefined): string => columns[index ?? -1] ?? "";
    if (["", "BACKEND", "FRONTEND"].includes(of(server)) || of(status) === "") return [];
    return [
      {
        backend: of(backend),
        server: of(server),
        status: of(status),
        check: of(check),
        sessions: Number(of(sessions)),
      },
    ];
  });
}
