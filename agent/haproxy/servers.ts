import { argument, opening, type RuntimeClient, RuntimeError } from "./runtime.ts";

/** A line of `show stat`. */
export interface StatRow {
  /** Name of the frontend or backend. */
  readonly backend: string;
  /** Name of the server; `FRONTEND` or `BACKEND` on the line of the whole. */
  readonly server: string;
  /** haproxy's status text: UP, DOWN, MAINT, `UP 1/3`, `no check` … */
  readonly status: string;
  /** Result of the last health check, such as `L7OK`. */
  readonly check: string;
  readonly sessions: number;
  /** `maxconn` of a frontend or server, `fullconn` of a backend; 0 where it has none. */
  readonly limit: number;
}

/** The servers out of `show stat`'s CSV. Throws as `statTable` does. */
export function statRows(csv: string): readonly StatRow[] {
  return statTable(csv).filter(isServer);
}

/** Whether a line is of a server, and not of a frontend or backend as a whole. */
export function isServer({ server }: StatRow): boolean {
  return server !== "FRONTEND" && server !== "BACKEND";
}

/**
 * Servers, and frontends and backends as a whole, out of `show stat`'s CSV; no field before `check_status` can hold a
 * comma. Other lines are left out. Throws a RuntimeError where the text is no such table.
 */
export function statTable(csv: string): readonly StatRow[] {
  const [head = "", ...lines] = csv.trim().split("\n");
  const names = head.replace(/^# /, "").split(",");
  const fields = ["pxname", "svname", "status", "check_status", "scur", "slim"].map((name) =>
    names.indexOf(name),
  );
  const [backend, server, status, check, sessions, limit] = fields;
  const last = Math.max(...fields);
  if (!head.startsWith("# pxname,svname,") || status === -1)
    throw new RuntimeError("garbage", `haproxy's answer to "show stat" is not a table: ${opening(csv)}`);
  return lines.flatMap((line) => {
    const columns = line.split(",", last + 1);
    const of = (index: number | undefined): string => columns[index ?? -1] ?? "";
    if (of(server) === "" || of(status) === "") return [];
    return [
      {
        backend: of(backend),
        server: of(server),
        status: of(status),
        check: of(check),
        sessions: Number(of(sessions)),
        limit: Number(of(limit)),
      },
    ];
  });
}

/** A server's line of `show servers state`. */
export interface ServerStateRow {
  readonly backend: string;
  readonly server: string;
  readonly address: string;
  readonly port: string;
  /** Whether an operator has set maint or drain: a drained server whose check fails is plain `DOWN` in `show stat`. */
  readonly closedByOperator: boolean;
  /** The line as it is in the answer. */
  readonly line: string;
}

/** Bits of `srv_admin_state` that `set server … state` sets and clears: forced maint and forced drain (management.txt). */
const forced = 0x01 | 0x08;

/** The servers out of `show servers state`. Throws a RuntimeError where the text is no such table. */
export function serverStateRows(answer: string): readonly ServerStateRow[] {
  const [, head = "", ...lines] = answer.trimEnd().split("\n");
  const names = head.replace(/^# /, "").split(" ");
  const columns = ["be_name", "srv_name", "srv_addr", "srv_port", "srv_admin_state"].map((name) =>
    names.indexOf(name),
  );
  const [backend = -1, server = -1, address = -1, port = -1, admin = -1] = columns;
  if (columns.includes(-1))
    throw new RuntimeError(
      "garbage",
      `haproxy's answer to "show servers state" is not a table: ${opening(answer)}`,
    );
  return lines.flatMap((line) => {
    const cells = line.split(" ");
    if (cells.length <= Math.max(...columns)) return [];
    return [
      {
        backend: cells[backend] ?? "",
        server: cells[server] ?? "",
        address: cells[address] ?? "",
        port: cells[port] ?? "",
        closedByOperator: (Number(cells[admin]) & forced) !== 0,
        line,
      },
    ];
  });
}

/** `server` is `backend/server`. Rejects with a RuntimeError. */
export function setServerState(
  runtime: RuntimeClient,
  server: string,
  state: "maint" | "ready",
): Promise<void> {
  return runtime.do(`set server ${argument(server)} state ${state}`);
}
