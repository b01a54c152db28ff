import { StoreRefusal } from "./store.ts";

/** What each refusal says, whoever finds it: the database at a commit, or a node in a dry run. */

export function taken(host: string): StoreRefusal {
  return new StoreRefusal(
    "taken",
    `${host} is a route of another agent, and only that one can change it: use another host name`,
    host,
  );
}

export function missing(host: string): StoreRefusal {
  return new StoreRefusal("not-found", `there is no route ${host} to remove`, host);
}

export function changed(version: number, ifVersion: number): StoreRefusal {
  return new StoreRefusal(
    "changed",
    `the routes have version ${version}, and the request is for version ${ifVersion}: read them again, and decide again`,
  );
}

export function reused(): StoreRefusal {
  return new StoreRefusal(
    "reused",
    "this idempotency key was used for another request within a day: a new request needs a new key",
  );
}
