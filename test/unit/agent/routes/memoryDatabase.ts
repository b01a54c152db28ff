import { openDelivery } from "../../../../agent/routes/store/delivery.ts";
import { changed } from "../../../../agent/routes/store/refusals.ts";
import type {
  Commit,
  Committed,
  Follower,
  NumberedChange,
  RouteStore,
} from "../../../../agent/routes/store/store.ts";
import { RouteTable } from "../../../../agent/routes/table.ts";

/** Pause before a node is told again what it could not take, ms. */
const againMs = 50;

/** A database of routes in memory, which several nodes follow. */
export class MemoryDatabase {
  readonly log: NumberedChange[] = [];
  readonly #table = new RouteTable();
  readonly #followers = new Map<string, { readonly follower: Follower; tell(): void }>();
  /** Called after each commit, before any node is told. */
  onCommit: () => void = () => {};

  constructor() {
    this.#table.position = { version: 0, mark: "m0" };
  }

  get version(): number {
    return this.log.length;
  }

  commit({ changes, takesBack }: Commit): Committed {
    const wanted = changes.map((change) =>
      change.do === "put"
        ? { host: change.route.host, route: change.route }
        : { host: change.host, route: null },
    );
    if (takesBack !== undefined && this.#hasChanged(wanted, takesBack))
      throw changed(this.version, takesBack);
    const before = wanted.map(({ host }) => this.#table.routes.get(host) ?? null);
    const first = this.version + 1;
    const transaction = this.version + wanted.length;
    const numbered = wanted.map((change, place) => ({
      ...change,
      ...{ version: first + place, mark: `m${first + place}`, transaction },
    }));
    this.#table.make(numbered);
    this.log.push(...numbered);
    this.onCommit();
    for (const { tell } of this.#followers.values()) tell();
    return { version: this.version, before };
  }

  #hasChanged(wanted: readonly { readonly host: string }[], since: number): boolean {
    return this.log.slice(since).some(({ host }) => wanted.some((one) => one.host === host));
  }

  /** What a node asks it by. */
  store(node: string): RouteStore {
    let delivery: ReturnType<typeof openDelivery> | undefined;
    return {
      commit: async (commit) => this.commit(commit),
      follow: (after, follower) => {
        const told = openDelivery(follower, againMs);
        delivery = told;
        let next = after?.version ?? this.version;
        const tell = () => {
          const news = this.log.slice(next);
          next = this.version;
          if (news.length > 0) told.changes(news);
        };
        this.#followers.set(node, { follower, tell });
        if (after === null) {
          const { position, routes } = this.#table;
          told.snapshot({ ...(position ?? { version: 0, mark: "m0" }), routes: [...routes.values()] });
        }
        tell();
        follower.reachable(null);
      },
      acknowledge: (version) => {
        for (const [name, { follower }] of this.#followers)
          if (name !== node) follower.acknowledged(node, version);
      },
      isFollowing: (name) => this.#followers.has(name),
      restore: () => Promise.reject(new Error("it is not restored")),
      close: async () => {
        this.#followers.delete(node);
        await delivery?.stop();
      },
    };
  }
}
