import type { StatLines } from "../haproxy/stats.ts";

/** By `backend/server`. */
export type ServerStates = Readonly<Record<string, string>>;

export interface ServerChange {
  readonly server: string;
  readonly before: string;
  readonly state: string;
}

/** HAProxy's words for its servers, without how many checks one is from the next state, or where its state comes from. */
export function serverStatesOf({ servers }: StatLines): ServerStates {
  return Object.fromEntries(
    servers.map(({ pxname, svname, status }) => [
      `${pxname}/${svname}`,
      /^(?:no check|\S*)/.exec(String(status ?? ""))?.[0] ?? "",
    ]),
  );
}

/** Servers in another state. One that another configuration has added or left out has not changed. */
export function serverChanges(before: ServerStates, now: ServerStates): readonly ServerChange[] {
  return Object.entries(now).flatMap(([server, state]) => {
    const was = before[server];
    return was === undefined || was === state ? [] : [{ server, before: was, state }];
  });
}
