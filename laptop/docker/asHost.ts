import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { addresses, listens, query } from "../../agent/host/network.ts";
import type { SqlLogin, System } from "../../agent/host/system.ts";
import { laptopName, serviceOf } from "../../contract/laptop.ts";
import type { Place } from "../place.ts";
import { progress } from "../progress.ts";
import { compose } from "./docker.ts";

/**
 * The laptop's pool as the agent's services see a host: they ask PostgreSQL and the poolers by psql, which runs in the
 * container of the first unit, and shares the socket with the others.
 */
export function asHost(place: Place, project: string, units: readonly string[]): System {
  const service = serviceOf(units[0] ?? "");
  return {
    root: place.files,
    name: laptopName,
    run: (command, args, options) => {
      // Containers run as the poolers' user and may become no other.
      const argv = command === "setpriv" ? args.slice(args.indexOf("--") + 1) : [command, ...args];
      return compose(place, project, ["exec", "--no-TTY", service, ...argv], options);
    },
    query: (login, sql, timeoutMs) => query(withOwnFile(place, login), sql, timeoutMs),
    ask: async () => {
      throw new Error("the laptop has no haproxy");
    },
    listens,
    addresses,
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    pause: async (ms) => {
      await pause(ms);
    },
    progress,
    reached: () => {},
  };
}

/** A host's own file has its place below the pool's folder here. */
function withOwnFile(place: Place, login: SqlLogin): SqlLogin {
  const file = login.tls?.authorityFile;
  if (file === undefined || !existsSync(join(place.files, file))) return login;
  return {
    ...login,
    tls: { ...login.tls, name: login.tls?.name ?? "", authorityFile: join(place.files, file) },
  };
}
