import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";

const file = ".s.PGSQL.5432";

/** A way to a PostgreSQL's socket, on which things go wrong as on a network. */
export class Link {
  /** The `host` of a login that goes this way. */
  readonly socketFolder: string;
  readonly #to: string;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server: Server;
  #state: "open" | "silent" | "refused" = "open";

  private constructor(socketFolder: string, to: string) {
    this.socketFolder = socketFolder;
    this.#to = join(to, file);
    this.#server = createServer({ pauseOnConnect: true }, (client) => this.#carry(client));
  }

  static async open(socketFolder: string, to: string): Promise<Link> {
    mkdirSync(socketFolder);
    const link = new Link(socketFolder, to);
    link.#server.listen(join(socketFolder, file));
    await once(link.#server, "listening");
    return link;
  }

  #carry(client: Socket): void {
    client.on("error", () => {});
    if (this.#state === "refused") {
      client.destroy();
      return;
    }
    const database = connect(this.#to);
    const pair = [client, database] as const;
    this.#pairs.add(pair);
    database.on("error", () => {});
    for (const [from, to] of [pair, [database, client]] as const) {
      from.on("data", (bytes) => to.write(bytes));
      from.on("close", () => {
        this.#pairs.delete(pair);
        // A machine that is gone does not say so.
        if (this.#state !== "silent") to.destroy();
      });
    }
    if (this.#state === "silent") database.pause();
    else client.resume();
  }

  /** Nothing gets through, and nobody is told: the machine at the other end is gone, or the network is. */
  silence(): void {
    this.#state = "silent";
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** Every connection ends, and new ones are refused. */
  refuse(): void {
    this.#state = "refused";
    this.#end();
  }

  /** Every connection ends, and new ones work. */
  mend(): void {
    this.#state = "open";
    this.#end();
  }

  #end(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.#pairs.clear();
  }

  async close(): Promise<void> {
    this.refuse();
    this.#server.close();
    await once(this.#server, "close");
  }
}
