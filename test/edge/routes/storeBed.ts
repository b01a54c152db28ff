import { join } from "node:path";
import { Node } from "./followers.ts";
import { Link } from "./link.ts";
import { TestPostgres } from "./postgres.ts";

export type Login = Awaited<ReturnType<TestPostgres["database"]>>;

/** A PostgreSQL, and the nodes that follow it in one test. */
export class StoreBed {
  readonly postgres: TestPostgres;
  readonly #made: Node[] = [];
  readonly #running = new Set<Node>();
  readonly #links: Link[] = [];
  readonly #databases: string[] = [];
  #number = 0;

  private constructor(postgres: TestPostgres) {
    this.postgres = postgres;
  }

  static async make(): Promise<StoreBed> {
    return new StoreBed(await TestPostgres.start());
  }

  /** A new database. @param template one that nobody is connected to: the new one is a copy of it as it is now */
  async database(template = "template1"): Promise<Login> {
    const name = `routes${++this.#number}`;
    this.#databases.push(name);
    return this.postgres.database(name, template);
  }

  /** As the database's own superuser. */
  ask(login: Login, text: string): Promise<readonly Record<string, unknown>[]> {
    return this.postgres.sql(text, [], login.database);
  }

  /** @param from what it has on disk: that of a node that has been stopped */
  node(name: string, login: Login, from?: Node): Node {
    const made = new Node(name, login, from);
    this.#made.push(made);
    this.#running.add(made);
    return made;
  }

  /** Two nodes that follow a new database. */
  async two(): Promise<{ readonly login: Login; readonly one: Node; readonly other: Node }> {
    const login = await this.database();
    const [one, other] = [this.node("haproxy1", login), this.node("haproxy2", login)];
    await Promise.all([one.isUsable(), other.isUsable()]);
    return { login, one, other };
  }

  async stopped(node: Node): Promise<Node> {
    this.#running.delete(node);
    await node.store.close();
    return node;
  }

  /** The same database over a way on which things go wrong. */
  async link(login: Login): Promise<{ readonly link: Link; readonly login: Login }> {
    const link = await Link.open(join(this.postgres.folder, `${login.database}-link`), login.host);
    this.#links.push(link);
    return { link, login: { ...login, host: link.socketFolder } };
  }

  /** Ends what a test has started. @returns what nodes were told that they must not be told */
  async clear(): Promise<readonly string[]> {
    await Promise.all(Array.from(this.#running, ({ store }) => store.close()));
    await Promise.all(this.#links.map((link) => link.close()));
    // After a crash PostgreSQL reads, and writes, every file that it has.
    for (const name of this.#databases) await this.postgres.sql(`drop database ${name} with (force)`);
    const violations = this.#made.flatMap((node) => node.violations);
    this.#running.clear();
    this.#links.length = 0;
    this.#made.length = 0;
    this.#databases.length = 0;
    return violations;
  }

  remove(): Promise<void> {
    return this.postgres.remove();
  }
}
