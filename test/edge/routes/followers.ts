import { expect, vi } from "vitest";
import { openPostgresStore } from "../../../agent/routes/store/postgres.ts";
import type { PostgresLogin } from "../../../agent/routes/store/postgresConnection.ts";
import type {
  Follower,
  NumberedChange,
  Position,
  RouteStore,
  Snapshot,
} from "../../../agent/routes/store/store.ts";
import { Route, type StoredRoute } from "../../../contract/routes/route.ts";

export const pair = "pair";

function route(host: string, target = "http://10.0.9.5:3000", agent = "shop"): Route {
  return Route.parse({ host, agent, target });
}

export const put = (host: string, target?: string, agent?: string) => ({
  do: "put" as const,
  route: route(host, target, agent),
});

export const hosts = ({ routes }: Pick<Node, "routes">): string[] => [...routes.keys()].sort();

/** A node that keeps what it is told. */
export class Node implements Follower {
  readonly name: string;
  readonly store: RouteStore;
  readonly routes = new Map<string, StoredRoute>();
  readonly log: NumberedChange[] = [];
  readonly snapshots: Snapshot[] = [];
  readonly acknowledgements = new Map<string, number>();
  /** How often any other node has said something. */
  heard = 0;
  /** The last is the one now. */
  readonly problems: (string | null)[] = [];
  position: Position | null;
  /** What it was told twice, not in order, or torn from its transaction. */
  readonly violations: string[] = [];
  /** What the next calls run into. */
  fault: string | undefined;

  constructor(name: string, login: PostgresLogin, from: Node | null = null) {
    this.name = name;
    this.store = openPostgresStore({ login, pair, node: name });
    this.position = from?.position ?? null;
    for (const [host, one] of from?.routes ?? []) this.routes.set(host, one);
    this.store.follow(this.position, this);
    if (this.position !== null) this.store.acknowledge(this.version);
  }

  async changes(changes: readonly NumberedChange[]): Promise<void> {
    await this.#work();
    for (const change of changes) {
      if (change.version !== this.version + 1)
        this.violations.push(`${this.name}: ${change.version} after ${this.version}`);
      this.position = { version: change.version, mark: change.mark };
      this.log.push(change);
      if (change.route === null) this.routes.delete(change.host);
      else this.routes.set(change.host, { ...change.route, version: change.version });
    }
    const last = changes.at(-1);
    if (last?.transaction !== last?.version)
      this.violations.push(`${this.name}: torn at ${last?.version} of ${last?.transaction}`);
    this.store.acknowledge(this.version);
  }

  async snapshot(snapshot: Snapshot): Promise<void> {
    await this.#work();
    this.position = { version: snapshot.version, mark: snapshot.mark };
    this.snapshots.push(snapshot);
    this.routes.clear();
    for (const one of snapshot.routes) this.routes.set(one.host, one);
    this.store.acknowledge(this.version);
  }

  acknowledged(node: string, version: number): void {
    this.acknowledgements.set(node, version);
    this.heard++;
  }

  reachable(problem: string | null): void {
    this.problems.push(problem);
  }

  get version(): number {
    return this.position?.version ?? -1;
  }

  get problem(): string | null | undefined {
    return this.problems.at(-1);
  }

  async #work(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.fault !== undefined) throw new Error(this.fault);
  }

  async has(version: number, timeout = 10_000): Promise<void> {
    await vi.waitFor(() => expect(this.version).toBe(version), { timeout, interval: 5 });
  }

  async isUsable(timeout = 10_000): Promise<void> {
    await vi.waitFor(() => expect(this.problem).toBeNull(), { timeout, interval: 5 });
  }

  /** Resolves to the sentence. */
  async isUnusable(timeout = 10_000): Promise<string> {
    return vi.waitFor(
      () => {
        if (typeof this.problem !== "string") throw new Error("the store can be used");
        return this.problem;
      },
      { timeout, interval: 5 },
    );
  }

  async put(host: string, target?: string): Promise<number> {
    const { version } = await this.store.commit({ changes: [put(host, target)], who: "test" });
    return version;
  }
}
