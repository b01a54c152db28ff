import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { waitFor } from "../../../base/waitFor.ts";
import { baseImage } from "../../../lab/image/baseImage.ts";
import { hostPackages } from "../../../render/roles/roles.ts";
import { mountImageRoot } from "../../harness/imageRoot.ts";

const login = { port: 5432, database: "postgres", user: "postgres", password: "" };

/** `$0` is the folder, `$1` the image. The first process stays root's: one that changes its user outlives its parent. */
const script = `set -eu
${mountImageRoot}
mkdir -m 1777 dev/shm
mkdir -p run/test data
mount --bind "$0/run" run/test
mount --bind "$0/data" data
chown postgres data run/test
chroot . setpriv --reuid=postgres --regid=postgres --clear-groups /bin/sh -euc '
PATH=/usr/lib/postgresql/17/bin:$PATH
cd /data
[ -e PG_VERSION ] || initdb --pgdata=. --auth=trust --no-locale --encoding=UTF8 >/dev/null
exec postgres -D . -c listen_addresses= -c unix_socket_directories=/run/test -c max_connections=40' & wait $!
`;

/** PostgreSQL 17 out of the lab's image, in namespaces of its own, on a socket in a folder of its own. */
export class TestPostgres {
  /** Where its socket is: the `host` of a login. */
  readonly socketFolder: string;
  /** For whatever a test keeps beside it. */
  readonly folder: string;
  readonly #image: string;
  readonly #log: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string, image: string) {
    this.folder = folder;
    this.#image = image;
    this.#log = join(folder, "log");
    this.socketFolder = join(folder, "run");
  }

  static async start(): Promise<TestPostgres> {
    const folder = mkdtempSync(join(tmpdir(), "hapair-postgres-"));
    for (const name of ["run", "data"]) mkdirSync(join(folder, name));
    const postgres = new TestPostgres(
      folder,
      await baseImage({ packages: [...hostPackages], user: "admin" }),
    );
    await postgres.boot();
    return postgres;
  }

  /** Starts it, with the data that it has. */
  async boot(): Promise<void> {
    const log = openSync(this.#log, "a");
    const child = spawn(
      "unshare",
      [
        ...["--mount", "--net", "--propagation", "private", "--pid", "--fork", "--kill-child=SIGKILL"],
        ...["sh", "-c", script, this.folder, this.#image],
      ],
      { stdio: ["ignore", log, log] },
    );
    closeSync(log);
    this.#process = child;
    const answer = await waitFor(60_000, () =>
      child.exitCode === null ? this.sql("select 1").catch(() => undefined) : [],
    );
    if (answer?.length !== 1)
      throw new Error(`PostgreSQL has not started: ${readFileSync(this.#log, "utf8")}`);
  }

  /** What a power cut is to it: every process is gone at once. */
  async crash(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null) return;
    this.#process = undefined;
    // The first process of a namespace takes all others with it, and has ended when they have.
    const first = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
    process.kill(Number(first), "SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }

  /** By default as its superuser. */
  async sql(
    text: string,
    values: readonly unknown[] = [],
    database = login.database,
    user = login.user,
  ): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ ...login, host: this.socketFolder, database, user });
    client.on("error", () => {});
    try {
      await client.connect();
      return (await client.query<Record<string, unknown>>(text, [...values])).rows;
    } finally {
      await client.end().catch(() => {});
    }
  }

  /** A login that needs no password, to a new database. */
  async database(name: string, template: string) {
    await this.sql(`create database ${name} template ${template}`);
    return { ...login, host: this.socketFolder, database: name };
  }

  async remove(): Promise<void> {
    await this.crash();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
