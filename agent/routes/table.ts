import type { StoredRoute } from "../../contract/routes/route.ts";
import type { NumberedChange, Position, Snapshot } from "./store/store.ts";

/** All routes of a pair as of a place in their history; null where that is not known. */
export interface Table {
  readonly position: Position | null;
  readonly routes: ReadonlyMap<string, StoredRoute>;
}

export class RouteTable implements Table {
  position: Position | null = null;
  readonly routes = new Map<string, StoredRoute>();

  /** Makes whole transactions. */
  make(changes: readonly NumberedChange[]): void {
    for (const { version, mark, host, route } of changes) {
      if (route === null) this.routes.delete(host);
      else this.routes.set(host, { ...route, version });
      this.position = { version, mark };
    }
  }

  replace({ version, mark, routes }: Snapshot): void {
    this.position = { version, mark };
    this.routes.clear();
    for (const route of routes) this.routes.set(route.host, route);
  }
}
